//! The environment of the process and the folders in which files are searched, as a value.

use std::env;
use std::path::PathBuf;

/// The folder of the whole machine (openstacksdk, `os_client_config`).
const SITE: &str = "/etc/openstack";

/// What settings are read from, beside the flags.
pub(super) struct SignInSurroundings<'a> {
    /// Returns an environment variable, when it is set and not blank.
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
    /// The folders that may have a `clouds.yaml`, the preferred one first.
    pub(super) folders: Vec<PathBuf>,
}

impl SignInSurroundings<'static> {
    /// Returns those of this process.
    pub(super) fn of_the_process() -> Self {
        Self::with_variables(&variable)
    }
}

impl<'a> SignInSurroundings<'a> {
    /// Returns the folders of this process with variables that were read elsewhere.
    pub(super) fn with_variables(variable: &'a dyn Fn(&str) -> Option<String>) -> Self {
        let home = env::var_os("XDG_CONFIG_HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
        let home = home.or_else(|| env::home_dir().map(|home| home.join(".config")));
        let folders = [Some(PathBuf::from(".")), home.map(|home| home.join("openstack")), Some(PathBuf::from(SITE))];
        Self { variable, folders: folders.into_iter().flatten().collect() }
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}
