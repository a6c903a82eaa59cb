//! Pods in the order of their names, without a look at the whole name in each comparison: the names
//! of pods in a namespace begin alike, and lie scattered over the memory.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use crate::snapshot::{Name, Pod};

/// Sorts pods by namespace and name.
pub(super) fn sort_by_name(pods: &mut Vec<&Pod>) {
    let mut by_namespace: IndexMap<&Name, Vec<&Pod>, FxBuildHasher> = IndexMap::default();
    for pod in pods.drain(..) {
        by_namespace.entry(&pod.namespace).or_default().push(pod);
    }
    by_namespace.sort_unstable_keys();
    for (_, of_one) in by_namespace {
        let alike = common_beginning(of_one.iter().map(|pod| pod.name.as_bytes()));
        let mut keyed: Vec<(u64, &Pod)> = of_one.into_iter().map(|pod| (key(&pod.name.as_bytes()[alike..]), pod)).collect();
        keyed.sort_unstable_by(|(one, pod), (other, another)| one.cmp(other).then_with(|| pod.name.cmp(&another.name)));
        pods.extend(keyed.into_iter().map(|(_, pod)| pod));
    }
}

/// Returns how many bytes all names begin with alike.
fn common_beginning<'n>(mut names: impl Iterator<Item = &'n [u8]>) -> usize {
    let Some(first) = names.next() else { return 0 };
    names.fold(first.len(), |alike, name| first[..alike].iter().zip(name).take_while(|(one, other)| one == other).count())
}

/// Returns a number for the next bytes of a name. Names with different numbers are in the order of
/// these; equal ones say nothing.
fn key(rest: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let known = rest.len().min(bytes.len());
    bytes[..known].copy_from_slice(&rest[..known]);
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{ObjectName, SpecId};
    use jiff::Timestamp;

    fn pod(namespace: &str, name: &str) -> Pod {
        Pod::unseen(ObjectName::new(namespace, name), SpecId(0), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn pods_are_in_the_order_of_namespace_and_name() {
        let names = ["job-10", "job-9", "job-", "job-100000000002", "job-100000000001", "job-1", "other", "job-1\u{0}"];
        let pods: Vec<Pod> = names.iter().flat_map(|name| [pod("b", name), pod("a", name)]).collect();
        let mut sorted: Vec<&Pod> = pods.iter().collect();
        sort_by_name(&mut sorted);
        let mut expected: Vec<&Pod> = pods.iter().collect();
        expected.sort_by_key(|pod| (pod.namespace.as_str(), pod.name.as_str()));
        assert_eq!(sorted, expected);
    }
}
