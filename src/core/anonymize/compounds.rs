//! Names that hold the name of another object: rules look for it in them.

use std::collections::BTreeMap;

use super::fields::TextKind;
use super::form::TextPart;
use crate::snapshot::{Pod, PodVolume, Snapshot};

/// Returns the parts of such names.
pub(super) fn compounds(snapshot: &Snapshot) -> BTreeMap<String, Vec<TextPart>> {
    let static_pods = snapshot.pods.iter().filter(|pod| pod.mirror);
    let of_static = static_pods.filter_map(|pod| of_two(&pod.name, pod.node.as_deref()?, TextKind::Host));
    let of_claims =
        snapshot.pods.iter().flat_map(|pod| claims(pod).filter_map(|claim| of_two(claim, &pod.name, TextKind::Name)));
    of_static.chain(of_claims).collect()
}

fn claims(pod: &Pod) -> impl Iterator<Item = &String> {
    pod.volumes.iter().filter_map(|volume| match volume {
        PodVolume::Claim { claim } | PodVolume::Ephemeral { claim, .. } => Some(claim),
        PodVolume::HostPath { .. } | PodVolume::EmptyDir { .. } => None,
    })
}

/// Returns the parts of a name that begins or ends with another one and a hyphen.
fn of_two(whole: &str, part: &str, kind: TextKind) -> Option<(String, Vec<TextPart>)> {
    let other = |rest: &str| TextPart::Text(TextKind::Name, rest.to_owned());
    let part_itself = TextPart::Text(kind, part.to_owned());
    let hyphen = TextPart::Literal("-".to_owned());
    let behind = || whole.strip_prefix(part)?.strip_prefix('-').filter(|rest| !rest.is_empty());
    let before = || whole.strip_suffix(part)?.strip_suffix('-').filter(|rest| !rest.is_empty());
    let parts = match (before(), behind()) {
        (Some(rest), _) => vec![other(rest), hyphen, part_itself],
        (None, Some(rest)) => vec![part_itself, hyphen, other(rest)],
        (None, None) => return None,
    };
    Some((whole.to_owned(), parts))
}
