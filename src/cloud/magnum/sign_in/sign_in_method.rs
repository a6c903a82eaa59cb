//! Which credentials written settings mean, and for which project.

use super::hidden::Hidden;
use super::written::WrittenSettings;
use crate::cloud::magnum::error::MagnumError;

/// The domain that every cloud has (`keystone-manage bootstrap`).
const DEFAULT_DOMAIN: &str = "default";

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

impl SignInMethod {
    /// Returns the way to sign in that the settings mean.
    ///
    /// # Errors
    /// When a setting is missing, or has a value that cannot be right.
    pub(super) fn from_written(written: &WrittenSettings) -> Result<Self, MagnumError> {
        let has_credential = ["application_credential_id", "application_credential_name", "application_credential_secret"]
            .into_iter()
            .any(|key| written.get(key).is_some());
        match written.get("auth_type") {
        Some("v3applicationcredential" | "v3application_credential" | "application_credential") => {
            application_credential(written)
        }
        Some("password" | "v3password") => password(written),
        Some(other) => Err(written.bad("auth_type",
            &format!(
                "is {other:?}; only v3applicationcredential and password are known here: make an application credential with \
                 `openstack application credential create`"
            ),
        )),
        None if has_credential => application_credential(written),
        None => password(written),
    }
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
            return Err(written.missing(&keys, "the id alone is enough, a name needs its user"));
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
    user.ok_or_else(|| written.missing(&["user_id", "username"], "or use an application credential, which has an id"))
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
    named.ok_or_else(|| written.missing(&["project_id", "project_name"], "a user may have several: name that of the cluster"))
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
    let secret = written.secret(key).ok_or_else(|| written.missing(&[key], remedy))?;
    match secret.reveal().contains(['\n', '\r']) {
        true => {
            Err(written.bad(key, "contains a line break: write it again without, for a Secret with `printf %s`, not `echo`"))
        }
        false => Ok(secret.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::written::SettingsPlace;
    use super::*;

    fn method_of(values: &[(&str, &str)]) -> Result<SignInMethod, String> {
        let mut written = WrittenSettings::new(SettingsPlace::Environment);
        for (key, value) in values {
            written.set(key, (*value).to_owned());
        }
        SignInMethod::from_written(&written).map_err(|error| error.to_string())
    }

    fn id(text: &str) -> UserName {
        UserName::Id(text.to_owned())
    }

    fn hidden(text: &str) -> Hidden {
        text.to_owned().into()
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
    fn a_secret_with_a_line_break_is_refused_and_appears_nowhere() {
        let values = [("user_id", "u"), ("password", "hunter2\n"), ("trust_id", "t")];
        let error = method_of(&values).expect_err("a line break");
        assert!(
            error.starts_with("OS_PASSWORD in the environment contains a line break") && !error.contains("hunter2"),
            "{error}"
        );
        let method = method_of(&[("user_id", "u"), ("password", "hunter2"), ("trust_id", "t")]);
        let debug = format!("{:?}", method.expect("a way to sign in"));
        assert!(!debug.contains("hunter2") && debug.contains("Hidden"), "{debug}");
    }
}
