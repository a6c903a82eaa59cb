//! What written settings mean: the way to Keystone and to the services, the region.

use std::collections::BTreeMap;
use std::path::PathBuf;

use reqwest::Url;

use super::options::MagnumOptions;
use super::service::Service;
use super::sign_in_method::SignInMethod;
use super::written::{SettingsPlace, WrittenSettings};
use crate::cloud::magnum::error::MagnumError;

/// The settings of a cloud.
#[derive(Debug, Clone)]
pub(super) struct CloudSettings {
    pub(super) place: SettingsPlace,
    /// The URL of Keystone, which ends in `/v3`.
    pub(super) keystone: Url,
    pub(super) method: SignInMethod,
    pub(super) region: Option<String>,
    pub(super) interface: CatalogInterface,
    pub(super) certificates: Certificates,
    /// URLs that count instead of those in the catalog.
    pub(super) overrides: BTreeMap<Service, Url>,
}

/// Which of the URLs of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CatalogInterface {
    Public,
    Internal,
    Admin,
}

/// Whose certificates are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Certificates {
    /// Those that the machine trusts.
    System,
    /// Those of a file, which a setting names.
    File { setting: String, path: PathBuf },
    /// Any.
    Unchecked,
}

impl CatalogInterface {
    /// Returns its name in the catalog.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Admin => "admin",
        }
    }
}

impl CloudSettings {
    /// Returns what the settings mean, with the region of the flags.
    ///
    /// # Errors
    /// When one is missing, or has a value that cannot be right.
    pub(super) fn from_written(written: &WrittenSettings, options: &MagnumOptions) -> Result<Self, MagnumError> {
        Ok(Self {
            place: written.place.clone(),
            keystone: keystone_url(written)?,
            method: SignInMethod::from_written(written)?,
            region: region(options)?.or_else(|| written.get("region_name").map(str::to_owned)),
            interface: interface(written)?,
            certificates: certificates(written)?,
            overrides: overrides(written)?,
        })
    }
}

/// Returns the region of the flags, if there is one.
fn region(options: &MagnumOptions) -> Result<Option<String>, MagnumError> {
    match options.regions.as_slice() {
        [] => Ok(None),
        [region] => Ok(Some(region.trim().to_owned())),
        regions => Err(MagnumError::SeveralRegions { regions: regions.to_vec() }),
    }
}

/// Returns the URL of Keystone's version 3. People write it with the version and without, and some
/// openrc files still have the one before.
fn keystone_url(written: &WrittenSettings) -> Result<Url, MagnumError> {
    let Some(text) = written.get("auth_url") else {
        return Err(match written.get("profile") {
            Some(_) => written.bad("profile", "names a provider whose URLs are not known here: write its auth_url beside it"),
            None => written.missing(&["auth_url"], "it is the URL of Keystone, as https://keystone.example.com:5000/v3"),
        });
    };
    let mut url = url(written, "auth_url", text)?;
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/v3").or_else(|| path.strip_suffix("/v2.0")).unwrap_or(path);
    let path = format!("{path}/v3");
    url.set_path(&path);
    Ok(url)
}

fn url(written: &WrittenSettings, key: &str, text: &str) -> Result<Url, MagnumError> {
    let url = Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    // A password in it would end up in messages.
    let url = url.filter(|url| url.username().is_empty() && url.password().is_none() && url.query().is_none());
    url.ok_or_else(|| written.bad(key, "is no URL that begins with http:// or https:// and has neither user nor query"))
}

fn interface(written: &WrittenSettings) -> Result<CatalogInterface, MagnumError> {
    let Some((key, text)) = ["interface", "endpoint_type"].into_iter().find_map(|key| Some((key, written.get(key)?))) else {
        return Ok(CatalogInterface::Public);
    };
    match text.strip_suffix("URL").unwrap_or(text) {
        "public" => Ok(CatalogInterface::Public),
        "internal" => Ok(CatalogInterface::Internal),
        "admin" => Ok(CatalogInterface::Admin),
        _ => Err(written.bad(key, &format!("is {text:?} and not public, internal or admin"))),
    }
}

fn certificates(written: &WrittenSettings) -> Result<Certificates, MagnumError> {
    if written.get("cert").is_some() {
        return Err(written.bad("cert", "is a certificate of the client, with which no sign-in is possible here"));
    }
    let unchecked = match written.get("insecure").map(str::to_lowercase).as_deref() {
        Some("true" | "yes" | "on" | "1") => true,
        None | Some("false" | "no" | "off" | "0") => false,
        Some(other) => return Err(written.bad("insecure", &format!("is {other:?} and neither true nor false"))),
    };
    let setting = || format!("{} in {}", written.place.name("cacert"), written.place);
    Ok(match written.get("cacert") {
        _ if unchecked => Certificates::Unchecked,
        Some(path) => Certificates::File { setting: setting(), path: path.into() },
        None => Certificates::System,
    })
}

fn overrides(written: &WrittenSettings) -> Result<BTreeMap<Service, Url>, MagnumError> {
    let keys = [
        (Service::ContainerInfra, "container_infra_endpoint_override"),
        (Service::Compute, "compute_endpoint_override"),
        (Service::Orchestration, "orchestration_endpoint_override"),
    ];
    let given = keys.into_iter().filter_map(|(service, key)| Some((service, key, written.get(key)?)));
    given.map(|(service, key, text)| Ok((service, url(written, key, text)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: (&str, &str) = ("auth_url", "https://keystone:5000/v3");

    fn written(place: SettingsPlace, values: &[(&str, &str)]) -> WrittenSettings {
        let mut written = WrittenSettings::new(place);
        for (key, value) in values {
            written.set(key, (*value).to_owned());
        }
        written
    }

    fn from_values(values: &[(&str, &str)]) -> Result<CloudSettings, String> {
        let written = written(SettingsPlace::Environment, values);
        CloudSettings::from_written(&written, &MagnumOptions::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_url_of_keystone_ends_in_its_version() {
        for text in ["https://k:5000", "https://k:5000/", "https://k:5000/v3", "https://k:5000/v3/", "https://k:5000/v2.0/"] {
            let settings = from_values(&[("auth_url", text), ("user_id", "u"), ("password", "p"), ("trust_id", "t")]);
            assert_eq!(settings.map(|settings| settings.keystone.to_string()).as_deref(), Ok("https://k:5000/v3"), "{text}");
        }
        let below = from_values(&[("auth_url", "http://k/identity"), ("user_id", "u"), ("password", "p"), ("trust_id", "t")]);
        assert_eq!(below.expect("settings").keystone.as_str(), "http://k/identity/v3");
        for text in ["k:5000", "ftp://k", "https://", "https://user:hunter2@k/v3", "https://k/v3?token=hunter2"] {
            let error = from_values(&[("auth_url", text)]).expect_err(text);
            assert!(error.starts_with("OS_AUTH_URL in the environment is no URL") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn settings_have_the_names_of_their_place() {
        let file = "/etc/kubernetes/cloud-config".into();
        let written = written(SettingsPlace::CloudConfig { file }, &[URL, ("username", "u"), ("password", "p")]);
        let error = CloudSettings::from_written(&written, &MagnumOptions::default()).expect_err("no project").to_string();
        assert!(error.starts_with("tenant-id or tenant-name is missing in /etc/kubernetes/cloud-config"), "{error}");
    }

    #[test]
    fn interfaces_certificates_and_regions_are_read() {
        let user = [URL, ("user_id", "u"), ("password", "p"), ("trust_id", "t")];
        let settings = |values: &[(&str, &str)]| from_values(&[&user[..], values].concat());
        let plain = settings(&[]).expect("settings");
        assert_eq!((plain.interface, plain.certificates, plain.region), (CatalogInterface::Public, Certificates::System, None));
        let internal = settings(&[("endpoint_type", "internalURL"), ("insecure", "True")]).expect("settings");
        assert_eq!((internal.interface, internal.certificates), (CatalogInterface::Internal, Certificates::Unchecked));
        let own = settings(&[("cacert", "/ca.pem"), ("insecure", "false")]).expect("settings").certificates;
        assert_eq!(own, Certificates::File { setting: "OS_CACERT in the environment".to_owned(), path: "/ca.pem".into() });
        for (key, value) in [("interface", "private"), ("insecure", "maybe"), ("cert", "/client.pem")] {
            assert!(settings(&[(key, value)]).is_err_and(|error| error.contains(" in the environment is ")), "{key}");
        }
        let by_flag = |regions: &[&str]| {
            let options =
                MagnumOptions { regions: regions.iter().map(ToString::to_string).collect(), ..MagnumOptions::default() };
            let written = written(SettingsPlace::Environment, &[&user[..], &[("region_name", "one")]].concat());
            CloudSettings::from_written(&written, &options).map(|settings| settings.region).map_err(|error| error.to_string())
        };
        assert_eq!(by_flag(&[]), Ok(Some("one".to_owned())));
        assert_eq!(by_flag(&["two"]), Ok(Some("two".to_owned())));
        assert!(by_flag(&["one", "two"]).is_err_and(|error| error.starts_with("--regions names one, two; ")));
    }
}
