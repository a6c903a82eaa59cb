//! AWS credentials by flag, for people whose predecessor's manifest hands them over that way.
//!
//! Its Secret was read into `AWS_ACCESS_KEY` (or `AWS_ACCESS_KEY_ID`) and `AWS_SECRET_ACCESS_KEY`.
//! The SDK knows all but the first by itself. Keys that were pasted wrongly are refused where the
//! clients are made.

use super::RunError;
use crate::cli::AwsFlags;

const ACCESS_FLAG: &str = "--aws-access-key";
const SECRET_FLAG: &str = "--aws-secret-key";
const ACCESS_ID: &str = "AWS_ACCESS_KEY_ID";
const ACCESS_OLD: &str = "AWS_ACCESS_KEY";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";

/// Returns access key and secret key of the flags, or of the predecessor's variables; `None` where
/// the SDK finds them by itself.
///
/// # Errors
/// When one of the two is missing.
pub(super) fn credentials(
    flags: &AwsFlags,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<(String, String)>, RunError> {
    let reveal = |key: &Option<crate::cli::Secret>| key.as_ref().map(|key| key.reveal().to_owned());
    let (access_by_flag, secret_by_flag) = (reveal(&flags.aws_access_key), reveal(&flags.aws_secret_key));
    if access_by_flag.is_none() && secret_by_flag.is_none() && variable(ACCESS_ID).is_some() {
        return Ok(None);
    }
    let named = |name: &'static str| variable(name).map(|key| (name, key));
    let access = access_by_flag.map(|key| (ACCESS_FLAG, key)).or_else(|| named(ACCESS_ID)).or_else(|| named(ACCESS_OLD));
    let secret = secret_by_flag.clone().or_else(|| variable(SECRET));
    match (access, secret) {
        (Some((_, access)), Some(secret)) => Ok(Some((access, secret))),
        (Some((source, _)), None) => Err(partner_missing(source, SECRET_FLAG, SECRET)),
        (None, _) if secret_by_flag.is_some() => Err(partner_missing(SECRET_FLAG, ACCESS_FLAG, ACCESS_ID)),
        (None, _) => Ok(None),
    }
}

fn partner_missing(source: &str, flag: &str, name: &str) -> RunError {
    RunError::usage(format!("{source} is of no use without {flag}"), format!("set {name}, or leave both to the AWS SDK"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Secret;

    fn flags(access: Option<&str>, secret: Option<&str>) -> AwsFlags {
        let secret_of = |text: &str| text.parse::<Secret>().ok();
        AwsFlags { aws_access_key: access.and_then(secret_of), aws_secret_key: secret.and_then(secret_of) }
    }

    fn found(flags: &AwsFlags, variables: &[(&str, &str)]) -> Result<Option<(String, String)>, String> {
        let variable = |asked: &str| variables.iter().find(|(name, _)| *name == asked).map(|(_, value)| (*value).to_owned());
        credentials(flags, variable).map_err(|error| error.to_string())
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
        assert!(found(&flags(None, None), &[(ACCESS_OLD, "AKIAOLD")]).is_err_and(|error| error.contains(ACCESS_OLD)));
    }
}
