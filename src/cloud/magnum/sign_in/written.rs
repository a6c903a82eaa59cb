//! Settings as they are written somewhere, under one set of names.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::hidden::Hidden;
use crate::cloud::magnum::error::MagnumError;

/// The settings that are understood, by the names of openstacksdk; variables have `OS_` and capital
/// letters instead.
pub(super) const KEYS: [&str; 31] = [
    "application_credential_id",
    "application_credential_name",
    "application_credential_secret",
    "auth_type",
    "auth_url",
    "cacert",
    "cert",
    "compute_endpoint_override",
    "container_infra_endpoint_override",
    "default_domain_id",
    "default_domain_name",
    "domain_id",
    "domain_name",
    "endpoint_type",
    "insecure",
    "interface",
    "orchestration_endpoint_override",
    "password",
    "profile",
    "project_domain_id",
    "project_domain_name",
    "project_id",
    "project_name",
    "region_name",
    "tenant_id",
    "tenant_name",
    "trust_id",
    "user_domain_id",
    "user_domain_name",
    "user_id",
    "username",
];

/// Where settings are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SettingsPlace {
    /// The variables `OS_…`.
    Environment,
    /// One cloud of a `clouds.yaml`.
    Cloud {
        /// Its name.
        cloud: String,
        /// The file.
        file: PathBuf,
    },
    /// A file with the syntax of git's configuration, in its section `[Global]`.
    CloudConfig {
        /// The file.
        file: PathBuf,
    },
}

impl SettingsPlace {
    /// Returns the name that a setting has there.
    pub(super) fn name(&self, key: &str) -> String {
        match self {
            Self::Environment => format!("OS_{}", key.to_uppercase()),
            Self::Cloud { .. } => key.to_owned(),
            Self::CloudConfig { .. } => match key {
                "project_id" => "tenant-id".to_owned(),
                "project_name" => "tenant-name".to_owned(),
                "region_name" => "region".to_owned(),
                "cacert" => "ca-file".to_owned(),
                "insecure" => "tls-insecure".to_owned(),
                other => other.replace('_', "-"),
            },
        }
    }
}

impl fmt::Display for SettingsPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("the environment"),
            Self::Cloud { cloud, file } => write!(f, "the cloud {cloud} of {}", file.display()),
            Self::CloudConfig { file } => write!(f, "{}", file.display()),
        }
    }
}

/// The settings of one place. Each is hidden, since some of them are secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WrittenSettings {
    pub(super) place: SettingsPlace,
    values: BTreeMap<&'static str, Hidden>,
}

impl WrittenSettings {
    /// Returns a place where nothing is written yet.
    pub(super) fn new(place: SettingsPlace) -> Self {
        Self { place, values: BTreeMap::new() }
    }

    /// Writes a setting down, unless it has no name that is understood or no value.
    pub(super) fn set(&mut self, name: &str, value: String) {
        if let Some(key) = known(name)
            && !value.trim().is_empty()
        {
            self.values.insert(key, value.into());
        }
    }

    /// Writes down what another place has; what is there already goes.
    pub(super) fn override_with(&mut self, other: &Self) {
        self.values.extend(other.values.iter().map(|(key, value)| (*key, value.clone())));
    }

    /// Returns a setting without the white space around it.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(|value| value.reveal().trim())
    }

    /// Returns a secret as it is written: white space may belong to it.
    pub(super) fn secret(&self, key: &str) -> Option<&Hidden> {
        self.values.get(key)
    }

    /// Returns the error that all of these settings are missing, of which one would do.
    pub(super) fn missing(&self, keys: &[&str], remedy: &'static str) -> MagnumError {
        let names: Vec<String> = keys.iter().map(|key| self.place.name(key)).collect();
        MagnumError::MissingSetting { setting: names.join(" or "), place: self.place.to_string(), remedy }
    }

    /// Returns the error that a setting has a value that cannot be right.
    pub(super) fn bad(&self, key: &str, problem: &str) -> MagnumError {
        MagnumError::BadSetting { setting: self.place.name(key), place: self.place.to_string(), problem: problem.to_owned() }
    }
}

/// Returns the name under which a setting is understood.
pub(super) fn known(name: &str) -> Option<&'static str> {
    KEYS.into_iter().find(|key| *key == name)
}
