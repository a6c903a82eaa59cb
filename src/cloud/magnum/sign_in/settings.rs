//! What written settings mean: the way to Keystone, the credentials, the region.

use std::collections::BTreeMap;
use std::path::PathBuf;

use reqwest::Url;

use super::hidden::Hidden;
use super::options::MagnumOptions;
use super::service::Service;
use super::written::{SettingsPlace, WrittenSettings};
use crate::cloud::magnum::error::MagnumError;

/// The domain that every cloud has (`keystone-manage bootstrap`).
const DEFAULT_DOMAIN: &str = "default";

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

/// How to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SignInMethod {
    /// An application credential, which is of one project.
    ApplicationCredential { credential: CredentialName, secret: Hidden },
    /// The password of a user.
    Password { user: UserName, password: Hidden, scope: TokenScope },
}

/// Which application credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CredentialName {
    Id(String),
    /// Names are unique for a user.
    Named {
        name: String,
        user: UserName,
    },
}

/// Which user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum UserName {
    Id(String),
    Named { name: String, domain: DomainName },
}

/// Which domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DomainName {
    Id(String),
    Named(String),
}

/// What a token is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenScope {
    ProjectId(String),
    Project { name: String, domain: DomainName },
    Trust(String),
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
            method: method(written)?,
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
            Some(_) => bad(written, "profile", "names a provider whose URLs are not known here: write its auth_url beside it"),
            None => missing(written, &["auth_url"], "it is the URL of Keystone, as https://keystone.example.com:5000/v3"),
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
    url.ok_or_else(|| bad(written, key, "is no URL that begins with http:// or https:// and has neither user nor query"))
}

fn method(written: &WrittenSettings) -> Result<SignInMethod, MagnumError> {
    let has_credential = ["application_credential_id", "application_credential_name", "application_credential_secret"]
        .into_iter()
        .any(|key| written.get(key).is_some());
    match written.get("auth_type") {
        Some("v3applicationcredential" | "v3application_credential" | "application_credential") => {
            application_credential(written)
        }
        Some("password" | "v3password") => password(written),
        Some(other) => Err(bad(
            written,
            "auth_type",
            &format!(
                "is {other:?}; only v3applicationcredential and password are known here: make an application credential with \
                 `openstack application credential create`"
            ),
        )),
        None if has_credential => application_credential(written),
        None => password(written),
    }
}

fn application_credential(written: &WrittenSettings) -> Result<SignInMethod, MagnumError> {
    const REMEDY: &str = "it is shown once, by `openstack application credential create`";
    let secret = secret(written, "application_credential_secret", REMEDY)?;
    let id = written.get("application_credential_id").map(|id| CredentialName::Id(id.to_owned()));
    let credential = match (id, written.get("application_credential_name")) {
        (Some(id), _) => id,
        (None, Some(name)) => CredentialName::Named { name: name.to_owned(), user: user(written)? },
        (None, None) => {
            let keys = ["application_credential_id", "application_credential_name"];
            return Err(missing(written, &keys, "the id alone is enough, a name needs its user"));
        }
    };
    Ok(SignInMethod::ApplicationCredential { credential, secret })
}

fn password(written: &WrittenSettings) -> Result<SignInMethod, MagnumError> {
    let user = user(written)?;
    let password = secret(written, "password", "or use an application credential instead of a user")?;
    Ok(SignInMethod::Password { user, password, scope: scope(written)? })
}

fn user(written: &WrittenSettings) -> Result<UserName, MagnumError> {
    let name = |name: &str| UserName::Named { name: name.to_owned(), domain: domain(written, &["user_domain", "domain"]) };
    let id = written.get("user_id").map(|id| UserName::Id(id.to_owned()));
    let user = id.or_else(|| written.get("username").map(name));
    user.ok_or_else(|| missing(written, &["user_id", "username"], "or use an application credential, which has an id"))
}

fn scope(written: &WrittenSettings) -> Result<TokenScope, MagnumError> {
    if let Some(trust) = written.get("trust_id") {
        return Ok(TokenScope::Trust(trust.to_owned()));
    }
    let first = |keys: [&str; 2]| keys.into_iter().find_map(|key| written.get(key)).map(str::to_owned);
    if let Some(id) = first(["project_id", "tenant_id"]) {
        return Ok(TokenScope::ProjectId(id));
    }
    let domain = || domain(written, &["project_domain", "domain", "user_domain"]);
    let named = first(["project_name", "tenant_name"]).map(|name| TokenScope::Project { name, domain: domain() });
    named.ok_or_else(|| missing(written, &["project_id", "project_name"], "a user may have several: name that of the cluster"))
}

/// Returns the domain that the first of these names is set for, by id or by name.
fn domain(written: &WrittenSettings, names: &[&str]) -> DomainName {
    let by = |name: &str| {
        let id = written.get(&format!("{name}_id")).map(|id| DomainName::Id(id.to_owned()));
        id.or_else(|| written.get(&format!("{name}_name")).map(|name| DomainName::Named(name.to_owned())))
    };
    let found = names.iter().copied().chain(["default_domain"]).find_map(by);
    found.unwrap_or_else(|| DomainName::Id(DEFAULT_DOMAIN.to_owned()))
}

/// Returns a secret. A line break in one is never meant: it was encoded with it, most often.
fn secret(written: &WrittenSettings, key: &str, remedy: &'static str) -> Result<Hidden, MagnumError> {
    let secret = written.secret(key).ok_or_else(|| missing(written, &[key], remedy))?;
    match secret.reveal().contains(['\n', '\r']) {
        true => {
            Err(bad(written, key, "contains a line break: write it again without, for a Secret with `printf %s`, not `echo`"))
        }
        false => Ok(secret.clone()),
    }
}

fn interface(written: &WrittenSettings) -> Result<CatalogInterface, MagnumError> {
    let Some((key, text)) = ["interface", "endpoint_type"].into_iter().find_map(|key| Some((key, written.get(key)?))) else {
        return Ok(CatalogInterface::Public);
    };
    match text.strip_suffix("URL").unwrap_or(text) {
        "public" => Ok(CatalogInterface::Public),
        "internal" => Ok(CatalogInterface::Internal),
        "admin" => Ok(CatalogInterface::Admin),
        _ => Err(bad(written, key, &format!("is {text:?} and not public, internal or admin"))),
    }
}

fn certificates(written: &WrittenSettings) -> Result<Certificates, MagnumError> {
    if written.get("cert").is_some() {
        return Err(bad(written, "cert", "is a certificate of the client, with which no sign-in is possible here"));
    }
    let unchecked = match written.get("insecure").map(str::to_lowercase).as_deref() {
        Some("true" | "yes" | "on" | "1") => true,
        None | Some("false" | "no" | "off" | "0") => false,
        Some(other) => return Err(bad(written, "insecure", &format!("is {other:?} and neither true nor false"))),
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

fn missing(written: &WrittenSettings, keys: &[&str], remedy: &'static str) -> MagnumError {
    let names: Vec<String> = keys.iter().map(|key| written.place.name(key)).collect();
    MagnumError::MissingSetting { setting: names.join(" or "), place: written.place.to_string(), remedy }
}

fn bad(written: &WrittenSettings, key: &str, problem: &str) -> MagnumError {
    MagnumError::BadSetting { setting: written.place.name(key), place: written.place.to_string(), problem: problem.to_owned() }
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

    fn method_of(values: &[(&str, &str)]) -> Result<SignInMethod, String> {
        Ok(from_values(&[&[URL], values].concat())?.method)
    }

    fn id(text: &str) -> UserName {
        UserName::Id(text.to_owned())
    }

    fn hidden(text: &str) -> Hidden {
        text.to_owned().into()
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
    fn an_application_credential_needs_an_id_or_a_name_with_its_user() {
        let secret = ("application_credential_secret", "s");
        let named = |credential| Ok(SignInMethod::ApplicationCredential { credential, secret: hidden("s") });
        assert_eq!(
            method_of(&[secret, ("application_credential_id", "i"), ("username", "u")]),
            named(CredentialName::Id("i".to_owned()))
        );
        let user = id("u");
        assert_eq!(
            method_of(&[secret, ("application_credential_name", "n"), ("user_id", "u")]),
            named(CredentialName::Named { name: "n".to_owned(), user })
        );
        let error = method_of(&[secret, ("application_credential_name", "n")]).expect_err("no user");
        assert!(error.starts_with("OS_USER_ID or OS_USERNAME is missing in the environment"), "{error}");
        let error = method_of(&[("auth_type", "v3applicationcredential"), secret]).expect_err("no id");
        assert!(error.starts_with("OS_APPLICATION_CREDENTIAL_ID or OS_APPLICATION_CREDENTIAL_NAME is missing"), "{error}");
    }

    #[test]
    fn a_password_is_for_a_project_or_a_trust() {
        let user = [("username", "u"), ("password", "p")];
        let domain = |name: &str| DomainName::Named(name.to_owned());
        let default = || DomainName::Id("default".to_owned());
        let by = |domain, scope| {
            let user = UserName::Named { name: "u".to_owned(), domain };
            Ok(SignInMethod::Password { user, password: hidden("p"), scope })
        };
        let project = |domain| TokenScope::Project { name: "p".to_owned(), domain };
        for (values, method) in [
            (&[("trust_id", "t"), ("project_id", "i")][..], by(default(), TokenScope::Trust("t".to_owned()))),
            (&[("tenant_id", "i"), ("project_name", "p")], by(default(), TokenScope::ProjectId("i".to_owned()))),
            (&[("project_name", "p")], by(default(), project(default()))),
            (&[("tenant_name", "p"), ("domain_name", "d")], by(domain("d"), project(domain("d")))),
            (
                &[("project_name", "p"), ("user_domain_name", "d"), ("project_domain_name", "e")],
                by(domain("d"), project(domain("e"))),
            ),
            (&[("project_name", "p"), ("default_domain_name", "d")], by(domain("d"), project(domain("d")))),
        ] {
            assert_eq!(method_of(&[&user, values].concat()), method, "{values:?}");
        }
        let error = method_of(&user).expect_err("no project");
        assert!(error.starts_with("OS_PROJECT_ID or OS_PROJECT_NAME is missing in the environment"), "{error}");
    }

    #[test]
    fn auth_types_have_aliases_and_others_are_named() {
        let both = [
            ("application_credential_id", "i"),
            ("application_credential_secret", "s"),
            ("user_id", "u"),
            ("password", "p"),
            ("trust_id", "t"),
        ];
        for (auth_type, is_password) in [("password", true), ("v3password", true), ("v3applicationcredential", false)] {
            let method = method_of(&[&both[..], &[("auth_type", auth_type)]].concat()).expect(auth_type);
            assert_eq!(matches!(method, SignInMethod::Password { .. }), is_password, "{auth_type}");
        }
        let error = method_of(&[("auth_type", "v3oidcpassword")]).expect_err("unknown");
        assert!(error.starts_with("OS_AUTH_TYPE in the environment is \"v3oidcpassword\"; only"), "{error}");
    }

    #[test]
    fn settings_have_the_names_of_their_place() {
        let file = "/etc/kubernetes/cloud-config".into();
        let written = written(SettingsPlace::CloudConfig { file }, &[URL, ("username", "u"), ("password", "p")]);
        let error = CloudSettings::from_written(&written, &MagnumOptions::default()).expect_err("no project").to_string();
        assert!(error.starts_with("tenant-id or tenant-name is missing in /etc/kubernetes/cloud-config"), "{error}");
    }

    #[test]
    fn a_secret_with_a_line_break_is_refused_and_appears_nowhere() {
        let values = [("user_id", "u"), ("password", "hunter2\n"), ("trust_id", "t")];
        let error = method_of(&values).expect_err("a line break");
        assert!(
            error.starts_with("OS_PASSWORD in the environment contains a line break") && !error.contains("hunter2"),
            "{error}"
        );
        let settings = from_values(&[&[URL], &[("user_id", "u"), ("password", "hunter2"), ("trust_id", "t")][..]].concat());
        let debug = format!("{:?}", settings.expect("settings"));
        assert!(!debug.contains("hunter2") && debug.contains("Hidden"), "{debug}");
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
