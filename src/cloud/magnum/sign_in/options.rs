//! What the flags give; everything else comes from the environment and from files.

use std::path::PathBuf;

/// How an OpenStack cloud is found, as far as flags state it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MagnumOptions {
    /// `--cloud-config`.
    pub cloud_config: Option<PathBuf>,
    /// `--regions`: at most one.
    pub regions: Vec<String>,
}
