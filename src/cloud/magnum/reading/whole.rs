//! The cluster, its node groups, and what of Nova belongs to them.

use std::collections::BTreeMap;

use futures::{StreamExt as _, stream};

use super::{cluster, stacks};
use crate::cloud::facts::GroupsRequest;
use crate::cloud::magnum::api::{
    self, ClusterAnswer, FlavorAnswer, LimitsAnswer, NodeGroupAnswer, ServerAnswer, TemplateAnswer,
};
use crate::cloud::magnum::driver::Driver;
use crate::cloud::magnum::error::{MagnumError, RequestError};
use crate::cloud::magnum::groups::discovery::GroupWishes;
use crate::cloud::magnum::groups::group_stack::GroupStack;
use crate::cloud::magnum::groups::server_names::may_be_confused;
use crate::cloud::magnum::sign_in::service::Service;
use crate::cloud::magnum::sign_in::session::Session;
use crate::progress::Progress;
use crate::snapshot::{Gap, GroupId, MissingFact, RegionRoom};

/// At most this many of the calls for single groups are made at a time.
const PARALLEL: usize = 8;

/// Everything that was read of a cluster, as the services answered.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClusterRead {
    pub(crate) region: String,
    pub(crate) project: String,
    pub(crate) wishes: GroupWishes,
    pub(crate) cluster: ClusterAnswer,
    /// The name of the driver in the template.
    pub(crate) driver: Option<String>,
    pub(crate) groups: Vec<NodeGroupAnswer>,
    /// What Heat states of groups, where it is there and was read.
    pub(crate) stacks: BTreeMap<String, GroupStack>,
    /// Every server of the project.
    pub(crate) servers: Vec<ServerAnswer>,
    pub(crate) flavors: Vec<FlavorAnswer>,
    pub(crate) room: Option<RegionRoom>,
    pub(crate) gaps: Vec<Gap>,
    /// Whether another cluster of the project may have servers with such names.
    pub(crate) shares_its_name: bool,
}

/// The cluster, or why nothing could be read in its region.
pub(crate) type RegionRead = Result<ClusterRead, RequestError>;

/// Reads the cluster with its groups, servers, flavors and limits, side by side.
///
/// Without groups and servers nothing is known of the region; the rest may leave gaps.
///
/// # Errors
/// When the cluster does not exist, when the credentials do not allow to read it, or when `--group`
/// names a group that it does not have.
pub(crate) async fn read(
    session: &Session,
    request: &GroupsRequest<'_>,
    progress: &dyn Progress,
) -> Result<RegionRead, MagnumError> {
    let cluster = match cluster::find(session, request.cluster_name).await {
        Ok(cluster) => cluster,
        Err(MagnumError::Request(error)) if may_pass(&error) => return Ok(Err(error)),
        Err(error) => return Err(error),
    };
    progress.set_label(&format!("reading {}: the node groups of {}", session.region(), cluster.name));
    match read_of(session, cluster, request).await {
        Ok(read) => {
            check_named(&read)?;
            Ok(Ok(read))
        }
        Err(error) if may_pass(&error) => Ok(Err(error)),
        Err(error) => Err(error.into()),
    }
}

async fn read_of(session: &Session, cluster: ClusterAnswer, request: &GroupsRequest<'_>) -> RegionRead {
    let (groups, servers, flavors, limits, driver, shares_its_name) = futures::join!(
        every_group(session, &cluster.uuid),
        api::every_server(session),
        api::every_flavor(session),
        session.get::<LimitsAnswer>(Service::Compute, "/limits"),
        driver_of(session, &cluster),
        shares_its_name(session, &cluster)
    );
    let groups = groups?;
    let stacks = stacks::read(session, Driver::find(driver.as_deref(), cluster.stack_id.as_deref()), &groups).await;
    let region = session.region();
    let mut gaps = Vec::new();
    let mut missing = |fact: MissingFact, error: &RequestError| gaps.push(Gap { fact, error: error.to_string() });
    let flavors = flavors.unwrap_or_else(|error| {
        missing(MissingFact::Launches { region: region.to_owned() }, &error);
        Vec::new()
    });
    let room = limits.map_err(|error| missing(MissingFact::Quota { region: region.to_owned() }, &error));
    Ok(ClusterRead {
        region: region.to_owned(),
        project: session.project().to_owned(),
        wishes: GroupWishes { group_tags: request.group_tags.to_vec(), named: request.named.to_vec() },
        cluster,
        driver,
        groups,
        stacks,
        servers: servers?,
        flavors,
        room: room.ok().map(|limits| limits.room(region)),
        gaps,
        shares_its_name,
    })
}

/// Reads each group by itself: the list is wrong about the limits. One that went away meanwhile is
/// none.
async fn every_group(session: &Session, cluster: &str) -> Result<Vec<NodeGroupAnswer>, RequestError> {
    let listed = api::every_group(session, cluster).await?;
    let reads = listed.into_iter().map(|group| async move { group_by_uuid(session, cluster, &group.uuid).await });
    let answers: Vec<_> = stream::iter(reads.collect::<Vec<_>>()).buffered(PARALLEL).collect().await;
    let mut groups = answers.into_iter().filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?;
    groups.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(groups)
}

/// Reads one group as it is by itself; `None` when it does not exist.
///
/// # Errors
/// When it could not be read.
pub(crate) async fn group_by_uuid(
    session: &Session,
    cluster: &str,
    group: &str,
) -> Result<Option<NodeGroupAnswer>, RequestError> {
    match session.get(Service::ContainerInfra, &format!("/clusters/{cluster}/nodegroups/{group}")).await {
        Ok(group) => Ok(Some(group)),
        Err(RequestError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the name of the driver in the cluster's template, if that states it. Without it the form
/// of the stack's id decides.
async fn driver_of(session: &Session, cluster: &ClusterAnswer) -> Option<String> {
    let template = cluster.cluster_template_id.as_deref()?;
    match session.get::<TemplateAnswer>(Service::ContainerInfra, &format!("/clustertemplates/{template}")).await {
        Ok(template) => template.driver,
        Err(error) => {
            tracing::info!("the driver of the cluster is found by other signs, as its template was not read: {error}");
            None
        }
    }
}

/// Whether another cluster of the project has a name that makes the names of servers unclear. It is
/// taken to be so where that could not be read.
async fn shares_its_name(session: &Session, cluster: &ClusterAnswer) -> bool {
    match api::cluster_names(session).await {
        Ok(names) => names.iter().filter(|name| may_be_confused(name, &cluster.name)).count() > 1,
        Err(error) => {
            tracing::info!("servers that are no nodes are nobody's, as the other clusters were not read: {error}");
            true
        }
    }
}

/// Whether an error may be gone the next time. Credentials that are not accepted, and rights that
/// are missing, stay so until a person changes them.
fn may_pass(error: &RequestError) -> bool {
    match error {
        RequestError::Forbidden(_)
        | RequestError::Unauthorized { .. }
        | RequestError::SignedOut { .. }
        | RequestError::NoService { .. }
        | RequestError::TooOld { .. } => false,
        RequestError::NotFound(_)
        | RequestError::Conflict(_)
        | RequestError::Throttled(_)
        | RequestError::Refused(_)
        | RequestError::Unreachable { .. }
        | RequestError::Lost { .. }
        | RequestError::Malformed { .. } => true,
    }
}

/// Refuses a `--group` that the cluster does not have.
fn check_named(read: &ClusterRead) -> Result<(), MagnumError> {
    let unknown = read.wishes.named.iter().find(|named| !read.groups.iter().any(|group| group.name == named.name));
    let id = |group: &NodeGroupAnswer| GroupId { region: read.region.clone(), name: group.name.clone() };
    match unknown {
        Some(unknown) => {
            Err(MagnumError::UnknownGroup { name: unknown.name.clone(), seen: read.groups.iter().map(id).collect() })
        }
        None => Ok(()),
    }
}
