//! `clouds.yaml`, and `secure.yaml` beside it, which has the secrets of the same clouds.
//!
//! Values are read as texts, as they stand: a password of digits is no number.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, de};

use super::written::{SettingsPlace, WrittenSettings, known};
use crate::cloud::magnum::error::MagnumError;

/// The clouds of a file.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct CloudsFile {
    #[serde(default)]
    clouds: BTreeMap<String, CloudEntry>,
}

/// The settings of one cloud that are understood.
#[derive(Default, PartialEq, Eq)]
struct CloudEntry(Vec<(&'static str, String)>);

impl fmt::Debug for CloudEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CloudEntry").finish_non_exhaustive()
    }
}

impl CloudsFile {
    /// Parses a file.
    ///
    /// # Errors
    /// With the place of a mistake alone: the text around it may hold a secret.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, MagnumError> {
        let text = text.trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        serde_saphyr::from_str::<Option<Self>>(text).map(Option::unwrap_or_default).map_err(|error| {
            let place = error.location();
            let place = place.map_or_else(String::new, |place| format!(" in line {}, column {}", place.line(), place.column()));
            MagnumError::BadFile {
                file: path.display().to_string(),
                problem: format!("is no clouds.yaml: there is a mistake{place}"),
            }
        })
    }

    /// Returns the names of the clouds.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.clouds.keys().map(String::as_str)
    }

    /// Returns the settings of a cloud; `path` is this file.
    pub(super) fn settings(&self, cloud: &str, path: &Path) -> Option<WrittenSettings> {
        let place = SettingsPlace::Cloud { cloud: cloud.to_owned(), file: path.to_owned() };
        let mut written = WrittenSettings::new(place);
        for (key, value) in &self.clouds.get(cloud)?.0 {
            written.set(key, value.clone());
        }
        Some(written)
    }
}

impl<'de> Deserialize<'de> for CloudEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut entry = Self::default();
        Block(&mut entry).deserialize(deserializer)?;
        Ok(entry)
    }
}

/// A block of settings; those of `auth` count as if they stood beside it.
struct Block<'e>(&'e mut CloudEntry);

impl<'de> DeserializeSeed<'de> for Block<'_> {
    type Value = ();

    /// Reads nothing from a block that is empty.
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Block<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a block of settings")
    }

    fn visit_none<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            match (name.as_str(), known(&name)) {
                ("auth", _) => map.next_value_seed(Block(self.0))?,
                // Its opposite is the setting of this name.
                ("verify", _) => {
                    let insecure = map.next_value::<Option<bool>>()?.is_some_and(|verify| !verify);
                    self.0.0.push(("insecure", insecure.to_string()));
                }
                (_, Some(key)) => self.0.0.extend(map.next_value::<Option<String>>()?.map(|value| (key, value))),
                (_, None) => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "
clouds:
  prod:
    auth_type: v3applicationcredential
    auth: {auth_url: 'https://keystone:5000/v3', application_credential_id: 0123, application_credential_secret: 1e5}
    region_name: RegionOne
    verify: false
    networks: [{name: public, routes_externally: true}]
    identity_api_version: 3
  empty:
";

    fn parsed(text: &str) -> Result<CloudsFile, MagnumError> {
        CloudsFile::parse(Path::new("clouds.yaml"), text)
    }

    #[test]
    fn values_are_texts_as_they_stand_and_auth_stands_beside_the_others() {
        let file = parsed(FILE).expect("a file");
        assert_eq!(file.names().collect::<Vec<_>>(), ["empty", "prod"]);
        let prod = file.settings("prod", Path::new("clouds.yaml")).expect("a cloud");
        for (key, value) in [
            ("auth_type", Some("v3applicationcredential")),
            ("auth_url", Some("https://keystone:5000/v3")),
            ("application_credential_id", Some("0123")),
            ("application_credential_secret", Some("1e5")),
            ("region_name", Some("RegionOne")),
            ("insecure", Some("true")),
            ("password", None),
        ] {
            assert_eq!(prod.get(key), value, "{key}");
        }
        assert_eq!(file.settings("dev", Path::new("clouds.yaml")), None);
    }

    #[test]
    fn nothing_is_no_cloud() {
        for text in ["", "\n# later\n", "clouds: {}\n", "other: 1\n"] {
            assert_eq!(parsed(text).expect(text), CloudsFile::default(), "{text:?}");
        }
    }

    #[test]
    fn a_mistake_is_named_by_its_place_alone() {
        for text in ["clouds:\n  prod:\n    auth: {password: hunter2\n", "clouds:\n  prod:\n    password: [hunter2]\n"] {
            let error = parsed(text).expect_err(text).to_string();
            assert!(error.contains("clouds.yaml") && error.contains("line"), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
