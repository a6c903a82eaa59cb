//! The reading of the objects that state which pods start together.
//!
//! Nothing is read unless a pod without a node carries a hint of which an object decides. Then
//! every object of the kinds that these pods name is read.

use std::collections::BTreeSet;

use super::launch_need::waits_for_a_node;
use crate::kubernetes::list::{ListError, list_at};
use crate::kubernetes::reading::gangs::{
    GangHint, GangObject, GangObjects, GangTerms, ObjectApi, api_of, join_gangs, terms_of,
};
use crate::kubernetes::served::ServedGroups;
use crate::kubernetes::{ApiServer, KubernetesError, Permission};
use crate::snapshot::{Gang, GangKind, GangRules, Gap, MissingFact, ObjectName, Pod};

/// Makes pods members of their gangs, each pod with its hints by its index. Returns the gangs, and
/// what could not be read of them.
pub(super) async fn read_gangs(
    server: ApiServer<'_>,
    served: &Result<ServedGroups, KubernetesError>,
    pods: &mut [Pod],
    hints: &[(usize, Vec<GangHint>)],
    rules: &GangRules,
) -> (Vec<Gang>, Vec<Gap>) {
    let waiting = hints.iter().filter(|(index, _)| waits_for_a_node(&pods[*index]));
    let mut is_any_waiting = false;
    let mut kinds = BTreeSet::new();
    for (_, hints) in waiting {
        is_any_waiting = true;
        kinds.extend(hints.iter().filter(|hint| hint.object.is_some()).map(|hint| hint.id.kind));
    }
    if !is_any_waiting {
        return (Vec::new(), Vec::new());
    }
    let (objects, gaps) = read_objects(server, served, &kinds).await;
    (join_gangs(pods, hints, &objects, rules), gaps)
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
            Ok(found) => found.into_iter().for_each(|(name, object)| objects.add(*kind, name, object)),
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

type NamedTerms = (ObjectName, Option<GangTerms>);

/// Reads every object of a kind in the newest version that has it; none where no version has.
async fn list_kind(
    server: ApiServer<'_>,
    kind: GangKind,
    api: ObjectApi,
    served: &ServedGroups,
) -> Result<Vec<NamedTerms>, KubernetesError> {
    let take = |taken: &mut Vec<NamedTerms>, object: &GangObject| {
        let (namespace, name) = (&object.metadata.namespace, &object.metadata.name);
        if let Some((namespace, name)) = namespace.as_deref().zip(name.as_deref()) {
            taken.push((ObjectName::new(namespace, name), terms_of(kind, object)));
        }
        Ok(())
    };
    for version in api.versions.iter().filter(|version| served.has(api.group, version)) {
        let path = format!("/apis/{}/{version}/{}", api.group, api.plural);
        match list_at(server, &path, Vec::new, take).await {
            Err(ListError::Call(error)) if error.code() == Some(404) => {}
            outcome => {
                let permission = Permission { verb: "list", resource: api.qualified(), namespace: None };
                return outcome.map_err(|error| KubernetesError::from_list_error(error, permission, server.url));
            }
        }
    }
    Ok(Vec::new())
}
