//! The topics of the manual: pages about more than one command.

use super::blocks::{PageBlock, blocks};

/// A topic of the manual.
#[derive(Debug, Clone, Copy)]
pub(in crate::run) struct Topic {
    /// Its name, which is that of its file.
    pub(in crate::run) name: &'static str,
    /// What it is about, as the README has it.
    pub(in crate::run) about: &'static str,
    text: &'static str,
}

/// The topics, which the README lists.
pub(in crate::run) const TOPICS: [Topic; 29] = [
    topic("calls", "which call to AWS is made when", include_str!("../../manual/calls.md")),
    topic("codes", "every code of plans", include_str!("../../manual/codes.md")),
    topic(
        "consolidation",
        "emptying nodes for money; jobs that can start again",
        include_str!("../../manual/consolidation.md"),
    ),
    topic("deciding", "which pods, groups and nodes, in which order; expanders", include_str!("../../manual/deciding.md")),
    topic("devices", "claims of devices (DRA)", include_str!("../../manual/devices.md")),
    topic("exit-codes", "0, 1, 2, 3, 64, 75", include_str!("../../manual/exit-codes.md")),
    topic("explaining", "explain", include_str!("../../manual/explaining.md")),
    topic("flags", "every flag, its default, and its tag for one group", include_str!("../../manual/flags.md")),
    topic("gangs", "pods that start together or not at all", include_str!("../../manual/gangs.md")),
    topic("groups", "groups that AWS changes by itself; placement groups", include_str!("../../manual/groups.md")),
    topic("install", "on a machine, in the cluster, by a timer; how soon it answers", include_str!("../../manual/install.md")),
    topic("launching", "how new nodes are asked for", include_str!("../../manual/launching.md")),
    topic("magnum", "OpenStack", include_str!("../../manual/magnum.md")),
    topic("migrating", "from kubernetes-ec2-autoscaler and Cluster Autoscaler", include_str!("../../manual/migrating.md")),
    topic("money", "prices, the bill, its bound", include_str!("../../manual/money.md")),
    topic("policy", "the policy file: settings of groups, limits, schedules", include_str!("../../manual/policy.md")),
    topic("preparing", "tags, protection and templates of groups, and fix", include_str!("../../manual/preparing.md")),
    topic("requests", "ProvisioningRequests, for Kueue", include_str!("../../manual/requests.md")),
    topic("reservations", "reserved capacity and blocks", include_str!("../../manual/reservations.md")),
    topic("room", "room kept ahead: CapacityBuffers", include_str!("../../manual/room.md")),
    topic("safety", "what is never done", include_str!("../../manual/safety.md")),
    topic("saved-plans", "plans that are reviewed first", include_str!("../../manual/saved-plans.md")),
    topic("security", "IAM, RBAC, what is kept where", include_str!("../../manual/security.md")),
    topic("simulation", "a day in a world of time, traces, comparisons", include_str!("../../manual/simulation.md")),
    topic("snapshots", "files that replay, JSON and its schemas", include_str!("../../manual/snapshots.md")),
    topic("suggest", "which group to add, ready to paste", include_str!("../../manual/suggest.md")),
    topic("troubleshooting", "by symptom", include_str!("../../manual/troubleshooting.md")),
    topic("watching", "Events, status, Slack, metrics, log", include_str!("../../manual/watching.md")),
    topic("what-if", "manifests, other numbers, without a node or group", include_str!("../../manual/what-if.md")),
];

const fn topic(name: &'static str, about: &'static str, text: &'static str) -> Topic {
    Topic { name, about, text }
}

impl Topic {
    /// Returns the topic of a name.
    pub(in crate::run) fn find(name: &str) -> Option<Self> {
        TOPICS.into_iter().find(|topic| topic.name == name)
    }

    /// Returns the section of the manual that holds it, as man(1) numbers them: 5 for formats of
    /// files, 7 for all others.
    pub(in crate::run) fn section(self) -> u8 {
        if self.name == "policy" { 5 } else { 7 }
    }

    /// Returns its page.
    pub(in crate::run) fn page(self) -> Vec<PageBlock> {
        blocks(self.text)
    }
}
