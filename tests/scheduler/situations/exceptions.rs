//! Situations that are tried otherwise or not at all, each with its reason.

/// How a situation is an exception.
pub(super) enum Exception {
    /// It can't be laid before a scheduler.
    NotLaid(&'static str),
    /// The scheduler's answer differs, for this reason.
    Differs(&'static str),
    /// New nodes become other than the siblings that are there.
    NodesAsPlanned,
}

/// Returns what is known of the situation of that name.
pub(super) fn of(name: &str) -> Option<&'static Exception> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, exception)| exception)
}

const ALL: [(&str, Exception); 4] = [
    // The pods of the DaemonSet on the node that is settled are those of an older revision.
    ("daemon-set-just-made-larger", Exception::NodesAsPlanned),
    ("lifecycle-label-of-a-mixed-group", Exception::NotLaid("the cloud chooses whether the next machine is a spot instance")),
    // The node that is there was launched from an older version.
    ("old-image-outweighs-template", Exception::NodesAsPlanned),
    (
        "second-look-at-coming-nodes",
        Exception::Differs(
            "the scheduler spreads the small pods over the coming nodes, and one of the large ones waits for another run",
        ),
    ),
];
