//! Credentials that cannot be right as they are written.

use crate::cloud::aws::error::{AwsError, CredentialProblem};

/// Checks how a credential is written; its value appears nowhere.
///
/// # Errors
/// When it contains white space or is base64-encoded.
pub(crate) fn check(name: &'static str, value: &str) -> Result<(), AwsError> {
    match problem(value) {
        Some(problem) => Err(AwsError::MisshapenCredential { name, problem }),
        None => Ok(()),
    }
}

fn problem(value: &str) -> Option<CredentialProblem> {
    if value.contains(char::is_whitespace) {
        return Some(CredentialProblem::WhiteSpace);
    }
    looks_encoded(value).then_some(CredentialProblem::Base64)
}

/// Whether a value looks base64-encoded. Access keys start with AKIA or ASIA, which base64 writes
/// `QUtJQ` and `QVNJQ`. A secret has 40 characters, which base64 writes with 56, of which the last
/// are padding; plain secrets have none.
fn looks_encoded(value: &str) -> bool {
    let encoded_id = value.starts_with("QUtJQ") || value.starts_with("QVNJQ");
    encoded_id || (value.len() == 56 && value.ends_with('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys of AWS's own documentation.
    const ID: &str = "AKIAIOSFODNN7EXAMPLE";
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    #[test]
    fn keys_as_aws_writes_them_are_fine() {
        for value in [ID, SECRET, "testing", "ASIAIOSFODNN7EXAMPLE"] {
            assert_eq!(problem(value), None);
        }
    }

    #[test]
    fn white_space_is_named() {
        for value in [format!("{ID}\n"), format!(" {SECRET}"), format!("{SECRET}\r\n"), "AKIA IOSF".to_owned()] {
            assert_eq!(problem(&value), Some(CredentialProblem::WhiteSpace), "{value:?}");
        }
    }

    #[test]
    fn base64_is_named() {
        for value in [
            "QUtJQUlPU0ZPRE5ON0VYQU1QTEU=",
            "d0phbHJYVXRuRkVNSS9LN01ERU5HL2JQeFJmaUNZRVhBTVBMRUtFWQ==",
            "d0phbHJYVXRuRkVNSS9LN01ERU5HL2JQeFJmaUNZRVhBTVBMRUtFWQo=",
        ] {
            assert_eq!(problem(value), Some(CredentialProblem::Base64), "{value}");
        }
    }

    #[test]
    fn the_message_names_the_variable_and_not_the_value() {
        let error = check("AWS_SECRET_ACCESS_KEY", "hunter2\n").expect_err("white space");
        assert!(error.to_string().starts_with("AWS_SECRET_ACCESS_KEY contains white space"), "{error}");
        assert!(!error.to_string().contains("hunter2"));
    }
}
