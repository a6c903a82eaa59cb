//! The lists, page by page.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{FlavorAnswer, ListedGroup, ServerAnswer};
use crate::cloud::magnum::error::RequestError;
use crate::cloud::magnum::sign_in::service::Service;
use crate::cloud::magnum::sign_in::session::Session;

/// One page of a list.
trait PageOfAnswer: DeserializeOwned {
    type Item;

    /// Returns what stands on it, and the address of the next page.
    fn parts(self) -> (Vec<Self::Item>, Option<String>);
}

#[derive(Deserialize)]
struct ClusterPage {
    clusters: Vec<NamedCluster>,
    #[serde(default)]
    next: Option<String>,
}

#[derive(Deserialize)]
struct NamedCluster {
    name: String,
}

#[derive(Deserialize)]
struct GroupPage {
    nodegroups: Vec<ListedGroup>,
    #[serde(default)]
    next: Option<String>,
}

#[derive(Deserialize)]
struct ServerPage {
    servers: Vec<ServerAnswer>,
    #[serde(default)]
    servers_links: Vec<PageLink>,
}

#[derive(Deserialize)]
struct FlavorPage {
    flavors: Vec<FlavorAnswer>,
    #[serde(default)]
    flavors_links: Vec<PageLink>,
}

/// The address of something, and what that is.
#[derive(Debug, Deserialize)]
pub(super) struct PageLink {
    pub(super) rel: String,
    pub(super) href: String,
}

fn next_of(links: Vec<PageLink>) -> Option<String> {
    links.into_iter().find(|link| link.rel == "next").map(|link| link.href)
}

impl PageOfAnswer for ClusterPage {
    type Item = String;

    fn parts(self) -> (Vec<String>, Option<String>) {
        (self.clusters.into_iter().map(|cluster| cluster.name).collect(), self.next)
    }
}

impl PageOfAnswer for GroupPage {
    type Item = ListedGroup;

    fn parts(self) -> (Vec<ListedGroup>, Option<String>) {
        (self.nodegroups, self.next)
    }
}

impl PageOfAnswer for ServerPage {
    type Item = ServerAnswer;

    fn parts(self) -> (Vec<ServerAnswer>, Option<String>) {
        (self.servers, next_of(self.servers_links))
    }
}

impl PageOfAnswer for FlavorPage {
    type Item = FlavorAnswer;

    fn parts(self) -> (Vec<FlavorAnswer>, Option<String>) {
        (self.flavors, next_of(self.flavors_links))
    }
}

async fn every<P: PageOfAnswer>(session: &Session, service: Service, path: &str) -> Result<Vec<P::Item>, RequestError> {
    let (mut items, mut next) = session.get::<P>(service, path).await?.parts();
    // An empty page ends the list, too: a service that names a next page for ever must not hold us.
    while let Some(link) = next {
        let (more, after) = session.get_next::<P>(service, &link).await?.parts();
        next = after.filter(|_| !more.is_empty());
        items.extend(more);
    }
    Ok(items)
}

/// Reads the names of the project's clusters.
pub(crate) async fn cluster_names(session: &Session) -> Result<Vec<String>, RequestError> {
    every::<ClusterPage>(session, Service::ContainerInfra, "/clusters").await
}

/// Reads which node groups a cluster has.
pub(crate) async fn every_group(session: &Session, cluster: &str) -> Result<Vec<ListedGroup>, RequestError> {
    every::<GroupPage>(session, Service::ContainerInfra, &format!("/clusters/{cluster}/nodegroups")).await
}

/// Reads the flavors that the project may use.
pub(crate) async fn every_flavor(session: &Session) -> Result<Vec<FlavorAnswer>, RequestError> {
    every::<FlavorPage>(session, Service::Compute, "/flavors/detail").await
}

/// Reads the servers of the project, with those in ERROR.
pub(crate) async fn every_server(session: &Session) -> Result<Vec<ServerAnswer>, RequestError> {
    every::<ServerPage>(session, Service::Compute, "/servers/detail").await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_list_names_its_next_page() {
        let link = "http://magnum/v1/clusters/c/nodegroups?limit=1&marker=g-1";
        let page: GroupPage = serde_json::from_value(json!({
            "nodegroups": [{ "uuid": "g-1", "name": "default-worker", "min_node_count": 0, "max_node_count": null }], "next": link
        }))
        .expect("a page");
        let (groups, next) = page.parts();
        assert_eq!((groups[0].name.as_str(), next.as_deref()), ("default-worker", Some(link)));
        let page = |links: serde_json::Value| -> ServerPage {
            serde_json::from_value(json!({ "servers": [], "servers_links": links })).expect("a page")
        };
        let next = page(json!([{ "rel": "prev", "href": "a" }, { "rel": "next", "href": "b" }])).parts().1;
        assert_eq!(next.as_deref(), Some("b"));
        assert_eq!(page(json!([])).parts().1, None);
    }
}
