//! The versions of the APIs: one is requested with every call.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::service::Service;

/// A version of a service's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Microversion {
    major: u16,
    minor: u16,
}

/// The versions of a service that are understood here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UnderstoodVersions {
    /// Older ones lack what is needed.
    least: Microversion,
    /// Newer ones have nothing that is needed.
    most: Microversion,
}

impl Microversion {
    const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }
}

impl UnderstoodVersions {
    /// Returns those of a service; `None` when its API has one version alone.
    ///
    /// Magnum: groups may have no node from 1.10 on (Wallaby), `node_labels` are there from 1.14 on
    /// (2026.2). Nova: servers carry their flavor from 2.47 on (Pike), flavors their `extra_specs`
    /// from 2.61 on (Rocky).
    pub(super) fn of(service: Service) -> Option<Self> {
        match service {
            Service::ContainerInfra => Some(Self { least: Microversion::new(1, 10), most: Microversion::new(1, 14) }),
            Service::Compute => Some(Self { least: Microversion::new(2, 47), most: Microversion::new(2, 61) }),
            Service::Orchestration => None,
        }
    }

    /// Returns the version to request of a server whose newest one is known.
    ///
    /// # Errors
    /// With the least version that would do, when the server's newest is older.
    pub(super) fn choose(self, newest: Microversion) -> Result<Microversion, Microversion> {
        if newest < self.least { Err(self.least) } else { Ok(newest.min(self.most)) }
    }

    /// Returns the version to request of a server that shows no versions, as behind a proxy that
    /// lets only the paths of the API through. Nova has 2.61 wherever Magnum has 1.10: that one is
    /// three years younger.
    pub(super) fn unless_known(self, service: Service) -> Microversion {
        match service {
            Service::Compute => self.most,
            Service::ContainerInfra | Service::Orchestration => self.least,
        }
    }
}

impl fmt::Display for Microversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for Microversion {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        let (major, minor) = text.split_once('.').ok_or(NotAVersion)?;
        let number = |text: &str| text.parse().map_err(|_| NotAVersion);
        Ok(Self { major: number(major)?, minor: number(minor)? })
    }
}

/// A text that is no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotAVersion;

/// What a service answers without a token about its versions: Magnum lists them, Nova describes
/// the one of its URL.
#[derive(Deserialize)]
struct VersionDocument {
    #[serde(default)]
    versions: Vec<VersionEntry>,
    version: Option<VersionEntry>,
}

#[derive(Deserialize)]
struct VersionEntry {
    max_version: Option<String>,
    version: Option<String>,
}

/// Returns the newest version of a document, if it is one.
pub(super) fn newest(document: &[u8]) -> Option<Microversion> {
    let document: VersionDocument = serde_json::from_slice(document).ok()?;
    let entries = document.versions.into_iter().chain(document.version);
    entries.filter_map(|entry| entry.max_version.or(entry.version)?.parse().ok()).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both as Magnum 23.0.0 and Nova 34.0.0 answer, but for links.
    const MAGNUM: &str = r#"{"versions": [{"id": "v1", "status": "CURRENT", "max_version": "1.14", "min_version": "1.1"}],
        "name": "OpenStack Magnum API", "description": "Magnum is an OpenStack project"}"#;
    const NOVA: &str = r#"{"version": {"id": "v2.1", "status": "CURRENT", "version": "2.104", "min_version": "2.1"}}"#;

    fn version(text: &str) -> Microversion {
        text.parse().expect("a version")
    }

    #[test]
    fn the_newest_version_is_found_in_both_forms() {
        assert_eq!(newest(MAGNUM.as_bytes()), Some(version("1.14")));
        assert_eq!(newest(NOVA.as_bytes()), Some(version("2.104")));
        for other in ["", "<html>", "{}", r#"{"versions": [{"id": "v1"}]}"#, r#"{"version": {"version": ""}}"#] {
            assert_eq!(newest(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn the_newest_that_is_understood_is_requested_and_an_old_server_refused() {
        for (service, newest, chosen) in [
            (Service::ContainerInfra, "1.14", Ok("1.14")),
            (Service::ContainerInfra, "1.20", Ok("1.14")),
            (Service::ContainerInfra, "1.11", Ok("1.11")),
            (Service::ContainerInfra, "1.9", Err("1.10")),
            (Service::Compute, "2.104", Ok("2.61")),
            (Service::Compute, "2.53", Ok("2.53")),
            (Service::Compute, "2.46", Err("2.47")),
        ] {
            let versions = UnderstoodVersions::of(service).expect("versions");
            assert_eq!(versions.choose(version(newest)), chosen.map(version).map_err(version), "{service} {newest}");
        }
        assert_eq!(UnderstoodVersions::of(Service::Orchestration), None);
    }
}
