//! The reading of the objects that state which pods start together.
//!
//! Nothing is read unless a pod carries a hint of which an object decides, and waits for a node or
//! could be moved to another one. Then every object of the kinds that these pods name is read.

use std::collections::BTreeSet;

use super::launch_need::waits_for_a_node;
use crate::kubernetes::list::{ListError, list_at};
use crate::kubernetes::reading::gangs::{GangHint, GangObject, GangObjects, ObjectApi, api_of, join_gangs};
use crate::kubernetes::served::ServedGroups;
use crate::kubernetes::{ApiServer, KubernetesError, Permission};
use crate::snapshot::{Gang, GangKind, GangRules, Gap, MissingFact, ObjectName, Owner, Pod};
use crate::well_known::annotations::{OF_LOST_WORK, SAFE_TO_EVICT};

/// Makes pods members of their gangs, each pod with its hints by its index. Returns the gangs, and
/// what could not be read of them.
pub(super) async fn read_gangs(
    server: ApiServer<'_>,
    served: &Result<ServedGroups, KubernetesError>,
    pods: &mut [Pod],
    hints: &[(usize, Vec<GangHint>)],
    rules: &GangRules,
) -> (Vec<Gang>, Vec<Gap>) {
    let matters = |pod: &Pod| waits_for_a_node(pod) || could_be_moved(pod);
    let concerned = hints.iter().filter(|(index, _)| matters(&pods[*index]));
    let mut is_any_concerned = false;
    let mut kinds = BTreeSet::new();
    for (_, hints) in concerned {
        is_any_concerned = true;
        kinds.extend(hints.iter().filter(|hint| hint.object.is_some()).map(|hint| hint.id.kind));
    }
    if !is_any_concerned {
        return (Vec::new(), Vec::new());
    }
    let (objects, gaps) = read_objects(server, served, &kinds).await;
    (join_gangs(pods, hints, &objects, rules), gaps)
}

/// Whether a drain might move a pod that runs: only of some controllers, or by its annotations.
fn could_be_moved(pod: &Pod) -> bool {
    let is_safe = || pod.drain_annotations.get(SAFE_TO_EVICT).is_some_and(|value| value == "true");
    let states_its_loss = OF_LOST_WORK.iter().any(|key| pod.drain_annotations.contains_key(key));
    let is_made_again = pod.owner.as_deref().is_some_and(Owner::replaces_its_pods);
    pod.node.is_some() && !pod.is_finished() && (is_made_again || is_safe() || states_its_loss)
}

async fn read_objects(
    server: ApiServer<'_>,
    served: &Result<ServedGroups, KubernetesError>,
    kinds: &BTreeSet<GangKind>,
) -> (GangObjects, Vec<Gap>) {
    let (mut objects, mut gaps) = (GangObjects::default(), Vec::new());
    if kinds.is_empty() {
        return (objects, gaps);
    }
    // That the API groups could not be read is a gap already.
    let Ok(served) = served else {
        for kind in kinds {
            objects.miss(*kind);
        }
        return (objects, gaps);
    };
    for kind in kinds {
        let Some(api) = api_of(*kind) else { continue };
        match list_kind(server, *kind, api, served).await {
            Ok(found) => objects.extend(found),
            Err(error) => {
                objects.miss(*kind);
                gaps.push(gap(api.qualified(), &error));
            }
        }
    }
    (objects, gaps)
}

fn gap(resource: String, error: &KubernetesError) -> Gap {
    Gap { fact: MissingFact::Objects { resource }, error: error.to_string() }
}

/// Reads every object of a kind in the newest version that has it; none where no version has.
async fn list_kind(
    server: ApiServer<'_>,
    kind: GangKind,
    api: ObjectApi,
    served: &ServedGroups,
) -> Result<GangObjects, KubernetesError> {
    let take = |taken: &mut GangObjects, object: &GangObject| {
        let (namespace, name) = (&object.metadata.namespace, &object.metadata.name);
        if let Some((namespace, name)) = namespace.as_deref().zip(name.as_deref()) {
            taken.add_object(kind, ObjectName::new(namespace, name), object);
        }
        Ok(())
    };
    for version in api.versions.iter().filter(|version| served.has(api.group, version)) {
        let path = format!("/apis/{}/{version}/{}", api.group, api.plural);
        match list_at(server, &path, GangObjects::default, take).await {
            Err(ListError::Call(error)) if error.code() == Some(404) => {}
            outcome => {
                let permission = Permission { verb: "list", resource: api.qualified(), namespace: None };
                return outcome.map_err(|error| KubernetesError::from_list_error(error, permission, server.url));
            }
        }
    }
    Ok(GangObjects::default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::well_known::annotations::CHECKPOINTED_AT;

    #[test]
    fn what_a_drain_might_move_is_looked_at() {
        let pod = |kind: &str, annotations: serde_json::Value| -> Pod {
            serde_json::from_value(json!({
                "namespace": "batch", "name": "p", "uid": "p", "spec": 0, "phase": "running", "node": "n", "labels": {},
                "owner": { "kind": kind, "api_version": "batch/v1", "name": "o", "uid": "o" }, "drain_annotations": annotations,
                "scheduling": { "state": "scheduled" }, "created_at": "2026-11-22T09:00:00Z"
            }))
            .expect("a pod")
        };
        assert!(!could_be_moved(&pod("Job", json!({}))));
        assert!(could_be_moved(&pod("Job", json!({ (SAFE_TO_EVICT): "true" }))));
        assert!(could_be_moved(&pod("Job", json!({ (CHECKPOINTED_AT): "2026-11-22T11:52:00Z" }))));
    }
}
