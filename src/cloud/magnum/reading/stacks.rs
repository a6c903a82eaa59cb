//! The stacks of the groups that Heat made: what they are called, and which servers are theirs.
//!
//! Three calls lead there: which names the stacks have, the resource of a stack's members, and the
//! stack that this one is, which has them as an output. That is how the provider of Cluster
//! Autoscaler finds them, too. Where the catalog has no Heat, or where Heat does not answer, the
//! nodes' labels and the names of servers have to do.

use std::collections::BTreeMap;

use futures::{StreamExt as _, stream};

use crate::cloud::magnum::api::{ListedStack, NodeGroupAnswer, ResourceAnswer, StackAnswer, StackList};
use crate::cloud::magnum::driver::{Driver, is_uuid};
use crate::cloud::magnum::error::RequestError;
use crate::cloud::magnum::groups::group_stack::GroupStack;
use crate::cloud::magnum::sign_in::service::Service;
use crate::cloud::magnum::sign_in::session::Session;

/// At most this many of the calls for single groups are made at a time.
const PARALLEL: usize = 8;

/// The resource of the members, in the templates of Magnum's drivers on Heat
/// (`drivers/k8s_fedora_coreos_v1/templates/kubecluster.yaml`).
const MEMBERS: &str = "kube_minions";

/// Reads what Heat states of each group of workers, by the name of the group; nothing of one where
/// that could not be read.
pub(super) async fn read(session: &Session, driver: Driver, groups: &[NodeGroupAnswer]) -> BTreeMap<String, GroupStack> {
    // The masters have the default stack as well, with members of another kind.
    let of_workers = groups.iter().filter(|group| group.role.as_deref() != Some("master"));
    let stack_of = |group: &'_ NodeGroupAnswer| Some((group.name.clone(), group.stack_id.clone().filter(|id| is_uuid(id))?));
    let stacks: Vec<(String, String)> = of_workers.filter_map(stack_of).collect();
    if driver != Driver::Heat || !session.has(Service::Orchestration) || stacks.is_empty() {
        return BTreeMap::new();
    }
    let names = match names(session, &stacks).await {
        Ok(names) => names,
        Err(error) => {
            tracing::info!("labels and names show which servers are of which group, as Heat was not read: {error}");
            return BTreeMap::new();
        }
    };
    let reads = stacks.iter().filter_map(|(group, id)| {
        let name = names.get(id)?;
        Some(async move { (group.clone(), of_group(session, name, id).await) })
    });
    let answers: Vec<_> = stream::iter(reads.collect::<Vec<_>>()).buffered(PARALLEL).collect().await;
    answers.into_iter().collect()
}

/// Reads the names of stacks in one call: every other one needs them beside the ids.
async fn names(session: &Session, stacks: &[(String, String)]) -> Result<BTreeMap<String, String>, RequestError> {
    let ids: Vec<String> = stacks.iter().map(|(_, id)| format!("id={id}")).collect();
    let listed: StackList = session.get(Service::Orchestration, &format!("/stacks?{}", ids.join("&"))).await?;
    let usable = listed.stacks.into_iter().filter(|stack| can_be_a_name(&stack.stack_name));
    Ok(usable.map(|ListedStack { id, stack_name }| (id, stack_name)).collect())
}

async fn of_group(session: &Session, name: &str, id: &str) -> GroupStack {
    let members = members(session, name, id).await.unwrap_or_else(|error| {
        tracing::info!("labels and names show which servers the stack {name} has, as its members were not read: {error}");
        None
    });
    GroupStack::new(name, members.as_ref())
}

async fn members(session: &Session, name: &str, id: &str) -> Result<Option<StackAnswer>, RequestError> {
    let path = format!("/stacks/{name}/{id}/resources/{MEMBERS}");
    let resource: ResourceAnswer = session.get(Service::Orchestration, &path).await?;
    match resource.nested() {
        Some(link) => session.get_next(Service::Orchestration, &link).await.map(Some),
        None => Ok(None),
    }
}

/// Whether Heat takes the text for the name of a stack; no other may become a part of a path.
fn can_be_a_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.-".contains(letter))
}
