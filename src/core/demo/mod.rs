//! Examples embedded in the binary, so that a newcomer sees a plan and a simulation without a
//! cluster or an account.

use crate::snapshot::Snapshot;

/// Work for [`day`], as a trace: bursts on GPUs and CPUs, and two hours at noon in which one region
/// has no machines of one type.
pub const DAY_TRACE: &str = include_str!("day.jsonl");

/// Work for [`week`], as a trace: a week of Alibaba's GPU clusters, whose origin and licence the
/// head of the file names, and three hours in which a zone has no spot instances.
pub const WEEK_TRACE: &str = include_str!("week.jsonl");

/// Returns a small GPU batch cluster in two regions: jobs that need nodes, idle nodes that may be
/// removed, a group that the cloud refuses to grow, and one pod that no group can help.
#[must_use]
pub fn snapshot() -> Snapshot {
    embedded(include_bytes!("snapshot.json"))
}

/// Returns a cluster in two regions before its day begins: four groups with their prices, and no
/// work.
#[must_use]
pub fn day() -> Snapshot {
    embedded(include_bytes!("day.json"))
}

/// Returns a cluster of four groups with their prices before its week begins. The price of spot
/// instances is an assumption: two fifths of the others.
#[must_use]
pub fn week() -> Snapshot {
    embedded(include_bytes!("week.json"))
}

fn embedded(text: &[u8]) -> Snapshot {
    Snapshot::from_json(text).expect("the embedded snapshots are checked by tests")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_embedded_snapshots_are_some() {
        assert_eq!(super::snapshot().groups.len(), 4);
        let day = super::day();
        assert_eq!((day.groups.len(), day.nodes.len(), day.prices.map(|prices| prices.len())), (4, 0, Some(4)));
        let week = super::week();
        assert_eq!((week.groups.len(), week.nodes.len(), week.prices.map(|prices| prices.len())), (4, 0, Some(4)));
        assert!(super::WEEK_TRACE.len() < 150_000);
    }
}
