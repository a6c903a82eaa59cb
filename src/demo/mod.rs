//! A snapshot embedded in the binary, so that a newcomer sees a plan without a cluster or an account.

use crate::snapshot::Snapshot;

/// A small GPU batch cluster in two regions: jobs that need nodes, idle nodes that may go, a group that AWS refuses, and one
/// pod that nothing can help.
#[must_use]
pub fn snapshot() -> Snapshot {
    Snapshot::from_json(include_bytes!("snapshot.json")).expect("the embedded snapshot is checked by a test")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_embedded_snapshot_is_one() {
        assert_eq!(super::snapshot().groups.len(), 4);
    }
}
