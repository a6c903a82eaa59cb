//! AWS credentials by flag, for those whose predecessor's manifest hands them over that way.
//!
//! Its Secret was read into `AWS_ACCESS_KEY` (or `AWS_ACCESS_KEY_ID`) and `AWS_SECRET_ACCESS_KEY`. The SDK knows all but the
//! first by itself. What people most often got wrong is checked before AWS answers with "permission denied".

use std::fmt;

use super::RunError;
use crate::cli::{AwsFlags, Secret};

/// A pair of keys that the SDK would not find by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) access_key: Secret,
    pub(super) secret_key: Secret,
}

/// Where a key came from, to be named in errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySource {
    /// A flag, or the variable of it.
    Flag(&'static str),
    /// An environment variable.
    Variable(&'static str),
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => f.write_str(flag),
            Self::Variable(name) => write!(f, "the variable {name}"),
        }
    }
}

/// What is wrong with a key, as far as its looks tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyDefect {
    /// Often a newline that was encoded with it.
    #[error("contains white space")]
    WhiteSpace,
    /// The content of a Secret's `data`, pasted undecoded.
    #[error("looks base64-encoded")]
    Base64,
}

const ACCESS_FLAG: &str = "--aws-access-key";
const SECRET_FLAG: &str = "--aws-secret-key";
const ACCESS_ID: &str = "AWS_ACCESS_KEY_ID";
const ACCESS_OLD: &str = "AWS_ACCESS_KEY";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";

/// The keys of the flags, or of the predecessor's variables.
///
/// # Errors
/// When one of two is missing, or a key cannot be right; its value is never part of the error.
pub(super) fn credentials(
    flags: &AwsFlags,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Credentials>, RunError> {
    let from_variable = |name: &'static str| variable(name).map(|value| (KeySource::Variable(name), secret(&value)));
    let from_flag = |flag: &'static str, value: &Option<Secret>| value.clone().map(|value| (KeySource::Flag(flag), value));
    for (source, key) in [from_variable(ACCESS_ID), from_variable(SECRET)].into_iter().flatten() {
        check(source, &key)?;
    }
    let access_by_flag = from_flag(ACCESS_FLAG, &flags.aws_access_key);
    let secret_by_flag = from_flag(SECRET_FLAG, &flags.aws_secret_key);
    let known_to_sdk = access_by_flag.is_none() && secret_by_flag.is_none() && variable(ACCESS_ID).is_some();
    if known_to_sdk {
        return Ok(None);
    }
    let access = access_by_flag.or_else(|| from_variable(ACCESS_ID)).or_else(|| from_variable(ACCESS_OLD));
    match (access, secret_by_flag.clone().or_else(|| from_variable(SECRET))) {
        (Some((access_source, access_key)), Some((secret_source, secret_key))) => {
            check(access_source, &access_key)?;
            check(secret_source, &secret_key)?;
            Ok(Some(Credentials { access_key, secret_key }))
        }
        (Some((source, _)), None) => Err(partner_missing(source, SECRET_FLAG, SECRET)),
        (None, _) => secret_by_flag.map_or(Ok(None), |(source, _)| Err(partner_missing(source, ACCESS_FLAG, ACCESS_ID))),
    }
}

fn secret(value: &str) -> Secret {
    let Ok(secret) = value.parse();
    secret
}

fn partner_missing(source: KeySource, flag: &str, name: &str) -> RunError {
    RunError::usage(format!("{source} is of no use without {flag}"), format!("set {name}, or leave both to the AWS SDK"))
}

/// Ids of access keys begin with AKIA, those of temporary ones with ASIA; so does their base64 with QUtJQ and QVNJQ.
fn check(source: KeySource, key: &Secret) -> Result<(), RunError> {
    let text = key.reveal();
    let defect = if text.contains(char::is_whitespace) {
        KeyDefect::WhiteSpace
    } else if text.starts_with("QUtJQ") || text.starts_with("QVNJQ") {
        KeyDefect::Base64
    } else {
        return Ok(());
    };
    Err(RunError::Credential { source_name: source, defect })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(access: Option<&str>, secret_key: Option<&str>) -> AwsFlags {
        AwsFlags { regions: Vec::new(), aws_access_key: access.map(secret), aws_secret_key: secret_key.map(secret) }
    }

    fn found(flags: &AwsFlags, variables: &[(&str, &str)]) -> Result<Option<(String, String)>, String> {
        let variable = |asked: &str| variables.iter().find(|(name, _)| *name == asked).map(|(_, value)| (*value).to_owned());
        let plain = |keys: Credentials| (keys.access_key.reveal().to_owned(), keys.secret_key.reveal().to_owned());
        credentials(flags, variable).map(|keys| keys.map(plain)).map_err(|error| error.to_string())
    }

    fn pair(access: &str, secret: &str) -> (String, String) {
        (access.to_owned(), secret.to_owned())
    }

    #[test]
    fn flags_win_over_variables() {
        let variables = [(ACCESS_ID, "AKIAVAR"), (SECRET, "var")];
        assert_eq!(found(&flags(Some("AKIAFLAG"), Some("flag")), &variables), Ok(Some(pair("AKIAFLAG", "flag"))));
        assert_eq!(found(&flags(None, Some("flag")), &variables), Ok(Some(pair("AKIAVAR", "flag"))));
    }

    #[test]
    fn what_the_sdk_finds_is_left_to_it() {
        assert_eq!(found(&flags(None, None), &[(ACCESS_ID, "AKIAVAR"), (SECRET, "var")]), Ok(None));
        assert_eq!(found(&flags(None, None), &[]), Ok(None));
        assert_eq!(found(&flags(None, None), &[(SECRET, "var")]), Ok(None));
    }

    #[test]
    fn the_predecessor_s_variable_works() {
        assert_eq!(found(&flags(None, None), &[(ACCESS_OLD, "AKIAOLD"), (SECRET, "var")]), Ok(Some(pair("AKIAOLD", "var"))));
    }

    #[test]
    fn one_key_alone_is_refused() {
        assert!(found(&flags(Some("AKIAFLAG"), None), &[]).is_err_and(|error| error.contains("--aws-secret-key")));
        assert!(found(&flags(None, Some("flag")), &[]).is_err_and(|error| error.contains("--aws-access-key")));
    }

    #[test]
    fn keys_that_cannot_be_right_are_named_and_not_shown() {
        let newline = found(&flags(None, None), &[(ACCESS_ID, "AKIAVAR"), (SECRET, "hunter2\n")]).expect_err("a newline");
        assert!(newline.contains("AWS_SECRET_ACCESS_KEY contains white space"), "{newline}");
        assert!(!newline.contains("hunter2"), "{newline}");
        let encoded = found(&flags(Some("QUtJQVhYWFg="), Some("flag")), &[]).expect_err("encoded");
        assert!(encoded.contains("--aws-access-key looks base64-encoded"), "{encoded}");
    }
}
