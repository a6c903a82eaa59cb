//! The progress of a run, for a person who waits.

use std::fmt;
use std::time::Duration;

/// One part of the reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadingStage {
    /// Auto Scaling Groups and what they launch.
    Groups,
    /// Nodes.
    Nodes,
    /// Every small kind.
    Objects,
    /// Unfinished pods.
    Pods,
}

impl fmt::Display for ReadingStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Groups => "groups",
            Self::Nodes => "nodes",
            Self::Objects => "other objects",
            Self::Pods => "pods",
        })
    }
}

/// A receiver of the progress.
pub trait Progress: Sync {
    /// Shows what is being done now; it replaces the line before.
    fn set_label(&self, line: &str);

    /// Reports that a stage has ended.
    fn stage_done(&self, stage: ReadingStage, elapsed: Duration, items: usize);
}

/// A receiver that ignores everything.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn set_label(&self, _: &str) {}

    fn stage_done(&self, _: ReadingStage, _: Duration, _: usize) {}
}
