//! What a run takes from its process, read once at its start.

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher, Hasher};

use jiff::Timestamp;

use crate::snapshot::{Clocks, ObjectName};

/// The clock and the environment. They are functions so that tests have their own.
pub struct Environment {
    /// Returns the time.
    pub clock: fn() -> Timestamp,
    /// Returns an environment variable, when it is set and not empty.
    pub variable: fn(&str) -> Option<String>,
    /// Returns the names of all environment variables, also of those that are empty.
    pub names: fn() -> Vec<String>,
}

impl Environment {
    /// Returns the pod of this process, when the manifest hands over `POD_NAME` and `POD_NAMESPACE`
    /// (downward API).
    #[must_use]
    pub fn own_pod(&self) -> Option<ObjectName> {
        let (namespace, name) = (self.variable)("POD_NAMESPACE").zip((self.variable)("POD_NAME"))?;
        Some(ObjectName::new(namespace, name))
    }

    /// Returns the API server's clock, as far as its difference from this machine's is known.
    pub(super) fn servers_clock(&self, clocks: &Clocks) -> impl Fn() -> Timestamp + Send + Sync + 'static {
        let (clock, clocks) = (self.clock, clocks.clone());
        move || clocks.by_the_server(clock())
    }

    /// Returns the holder's name for the Lease: the pod's name, or host and process. The suffix
    /// separates two runs that share both, as in containers with a host name of their own making.
    #[must_use]
    pub fn identity(&self) -> String {
        let suffix = RandomState::new().build_hasher().finish();
        match (self.variable)("POD_NAME") {
            Some(pod) => format!("{pod}-{suffix:016x}"),
            None => format!("{}-{}-{suffix:016x}", self.host(), std::process::id()),
        }
    }

    fn host(&self) -> String {
        let kernel = || fs::read_to_string("/proc/sys/kernel/hostname").ok();
        let name = kernel().or_else(|| (self.variable)("HOSTNAME")).unwrap_or_default();
        match name.trim() {
            "" => "unknown-host".to_owned(),
            name => name.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variable: fn(&str) -> Option<String>) -> Environment {
        Environment { clock: || Timestamp::UNIX_EPOCH, variable, names: Vec::new }
    }

    #[test]
    fn a_pod_needs_both_variables() {
        let both = environment(|name| Some(if name == "POD_NAME" { "run-1" } else { "ops" }.to_owned()));
        assert_eq!(both.own_pod().map(|pod| pod.to_string()).as_deref(), Some("ops/run-1"));
        assert_eq!(environment(|name| (name == "POD_NAME").then(|| "run-1".to_owned())).own_pod(), None);
    }

    #[test]
    fn no_two_runs_have_the_same_identity() {
        let in_pod = environment(|name| (name == "POD_NAME").then(|| "run-1".to_owned()));
        assert!(in_pod.identity().starts_with("run-1-"));
        assert_ne!(in_pod.identity(), in_pod.identity());
        let outside = environment(|_| None);
        assert!(outside.identity().contains(&format!("-{}-", std::process::id())));
        assert_ne!(outside.identity(), outside.identity());
    }
}
