//! The errors of reading AWS, each as one line with the way out and never with a credential.

use std::error::Error;

use aws_sdk_autoscaling::config::http::HttpResponse;
use aws_sdk_autoscaling::error::{ProvideErrorMetadata, SdkError};

use crate::cloud::error_words::{any_of, innermost, one_line};
use crate::snapshot::GroupId;

/// Why AWS could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AwsError {
    /// The credential chain of the SDK ended without credentials.
    #[error(
        "no AWS credentials: {reason}; give the pod a role (IRSA or Pod Identity), set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and \
         AWS_SECRET_ACCESS_KEY"
    )]
    NoCredentials {
        /// What the chain reported.
        reason: String,
    },
    /// `AWS_PROFILE` names a profile that no file has.
    #[error("AWS_PROFILE is {profile:?}, a profile that neither {files} has; they have {}", any_of(.known))]
    NoSuchProfile {
        /// The value of the variable.
        profile: String,
        /// The files that were searched.
        files: String,
        /// The profiles that are there.
        known: Vec<String>,
    },
    /// Only one of the two keys was given.
    #[error("{given} is given without {missing}; give both or neither")]
    HalfAKey {
        /// The flag that is there.
        given: &'static str,
        /// The flag that is not.
        missing: &'static str,
    },
    /// A credential that cannot be right as it is written.
    #[error("{name} {problem}")]
    MisshapenCredential {
        /// The flag or environment variable.
        name: &'static str,
        /// What is wrong with its value.
        problem: CredentialProblem,
    },
    /// AWS knows the credentials, and they have expired.
    #[error("the AWS credentials have expired ({code}); sign in again, or renew the session token")]
    ExpiredCredentials {
        /// AWS's code.
        code: String,
    },
    /// AWS does not know the credentials. Its own message is left out: it may quote the signed
    /// request.
    #[error(
        "AWS does not accept the credentials ({code}); check that the access key exists and that the secret belongs to it – a \
         region that is not enabled in the account answers so too"
    )]
    InvalidCredentials {
        /// AWS's code.
        code: String,
    },
    /// No region was given, and the SDK's chain has none.
    #[error("no AWS region; name the regions in order of preference: --regions us-west-2,us-east-1")]
    NoRegion,
    /// A name that cannot be a region's.
    #[error("{name:?} is not the name of an AWS region (such as us-west-2){hint}")]
    NotARegion {
        /// What was given.
        name: String,
        /// A better guess, starting with `; `, or nothing.
        hint: String,
    },
    /// The caller may not do this.
    #[error("the AWS credentials lack the permission {permission}; see the IAM policy (ec2-autoscale help security)")]
    AccessDenied {
        /// The IAM action.
        permission: &'static str,
    },
    /// No answer came.
    #[error("{action} got no answer in {region}: {reason}; check the region's name, the network and AWS_ENDPOINT_URL")]
    Unreachable {
        /// The IAM action.
        action: &'static str,
        /// The region.
        region: String,
        /// The innermost cause.
        reason: String,
    },
    /// AWS kept on answering that there were too many calls.
    #[error("{action} was throttled until the retries were used up ({code}); run again later, or less often")]
    Throttled {
        /// The IAM action.
        action: &'static str,
        /// AWS's code.
        code: String,
    },
    /// Any other error of a service.
    #[error("{action} failed with {code}: {message}")]
    Other {
        /// The IAM action.
        action: &'static str,
        /// AWS's code, or the HTTP status.
        code: String,
        /// AWS's words.
        message: String,
    },
    /// `--group` names a group that is in no region.
    #[error("--group {name} is in none of the regions; the groups there: {}", listed(.seen))]
    UnknownGroup {
        /// The name that was given.
        name: String,
        /// The groups that are there.
        seen: Vec<GroupId>,
    },
}

/// What is wrong with how a credential is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialProblem {
    /// White space, such as a line break: most often it was pasted or encoded with the value.
    #[error(
        "contains white space (often a line break at its end): write it again without, for a Secret with `printf %s`, not `echo`"
    )]
    WhiteSpace,
    /// The value is encoded once more than its place wants.
    #[error(
        "looks base64-encoded: give it as it is (a Secret takes it plain under `stringData:`, and encoded once under `data:`)"
    )]
    Base64,
}

impl AwsError {
    /// Returns what a failed call means. `action` is the IAM action that allows the call.
    pub(crate) fn of<E>(action: &'static str, region: &str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        match error {
            SdkError::ServiceError(answer) => {
                let status = answer.raw().status().as_u16();
                Self::of_answer(action, status, answer.err().code(), answer.err().message())
            }
            SdkError::ResponseError(answer) => {
                Self::of_answer(action, answer.raw().status().as_u16(), None, Some(&innermost(error).to_string()))
            }
            _ => Self::Unreachable { action, region: region.to_owned(), reason: one_line(&innermost(error).to_string()) },
        }
    }

    /// Returns what an error answer means, by its code.
    pub(crate) fn of_answer(action: &'static str, status: u16, code: Option<&str>, message: Option<&str>) -> Self {
        let code = code.map_or_else(|| format!("HTTP {status}"), str::to_owned);
        match code.as_str() {
            "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => Self::AccessDenied { permission: action },
            "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => Self::ExpiredCredentials { code },
            "AuthFailure"
            | "IncompleteSignature"
            | "InvalidClientTokenId"
            | "MissingAuthenticationToken"
            | "SignatureDoesNotMatch"
            | "UnrecognizedClientException" => Self::InvalidCredentials { code },
            "RequestLimitExceeded"
            | "SlowDown"
            | "Throttling"
            | "ThrottledException"
            | "ThrottlingException"
            | "TooManyRequestsException" => Self::Throttled { action, code },
            _ => Self::Other { action, code, message: one_line(message.unwrap_or("no message")) },
        }
    }

    /// Whether AWS understood the request and answered that its subject does not exist or is not
    /// valid. Asking again cannot help then.
    pub(crate) fn is_about_what_was_asked(&self) -> bool {
        match self {
            Self::Other { code, .. } => code == "ValidationError" || code.starts_with("Invalid") || code.contains("NotFound"),
            Self::NoCredentials { .. }
            | Self::NoSuchProfile { .. }
            | Self::HalfAKey { .. }
            | Self::MisshapenCredential { .. }
            | Self::ExpiredCredentials { .. }
            | Self::InvalidCredentials { .. }
            | Self::NoRegion
            | Self::NotARegion { .. }
            | Self::AccessDenied { .. }
            | Self::Unreachable { .. }
            | Self::Throttled { .. }
            | Self::UnknownGroup { .. } => false,
        }
    }

    /// Whether no call of this run can succeed, because its credentials are missing or not
    /// accepted.
    pub(crate) fn is_about_credentials(&self) -> bool {
        match self {
            Self::NoCredentials { .. }
            | Self::NoSuchProfile { .. }
            | Self::HalfAKey { .. }
            | Self::MisshapenCredential { .. }
            | Self::ExpiredCredentials { .. }
            | Self::InvalidCredentials { .. } => true,
            Self::NoRegion
            | Self::NotARegion { .. }
            | Self::AccessDenied { .. }
            | Self::Unreachable { .. }
            | Self::Throttled { .. }
            | Self::Other { .. }
            | Self::UnknownGroup { .. } => false,
        }
    }
}

/// Lists as many groups as a message has room for.
fn listed(groups: &[GroupId]) -> String {
    const MOST: usize = 20;
    if groups.is_empty() {
        return "none".to_owned();
    }
    let names: Vec<String> = groups.iter().take(MOST).map(ToString::to_string).collect();
    match groups.len().checked_sub(MOST) {
        Some(more) if more > 0 => format!("{} and {more} more", names.join(", ")),
        _ => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTION: &str = "autoscaling:DescribeAutoScalingGroups";

    #[test]
    fn codes_become_what_a_person_can_do() {
        for (code, text) in [
            (
                "AccessDenied",
                "the AWS credentials lack the permission autoscaling:DescribeAutoScalingGroups; see the IAM policy (ec2-autoscale help security)",
            ),
            (
                "UnauthorizedOperation",
                "the AWS credentials lack the permission autoscaling:DescribeAutoScalingGroups; see the IAM policy (ec2-autoscale help security)",
            ),
            ("ExpiredToken", "the AWS credentials have expired (ExpiredToken); sign in again, or renew the session token"),
            (
                "Throttling",
                "autoscaling:DescribeAutoScalingGroups was throttled until the retries were used up (Throttling); run again later, or less often",
            ),
            ("ValidationError", "autoscaling:DescribeAutoScalingGroups failed with ValidationError: two lines"),
        ] {
            let error = AwsError::of_answer(ACTION, 400, Some(code), Some("two\n  lines"));
            assert_eq!(error.to_string(), text);
        }
    }

    #[test]
    fn a_refused_signature_does_not_repeat_the_request() {
        let canonical = "The Canonical String should have been GET / x-amz-security-token:FwoGZXIvYXdzE";
        for code in ["SignatureDoesNotMatch", "InvalidClientTokenId", "AuthFailure"] {
            let error = AwsError::of_answer(ACTION, 403, Some(code), Some(canonical));
            assert!(error.is_about_credentials(), "{code}");
            assert!(!error.to_string().contains("FwoGZ"), "{error}");
        }
    }

    #[test]
    fn a_wrong_question_is_told_from_one_without_an_answer() {
        let is_wrong = |code: &str| AwsError::of_answer(ACTION, 400, Some(code), None).is_about_what_was_asked();
        for code in ["InvalidLaunchTemplateName.NotFoundException", "ValidationError", "InvalidParameterValue"] {
            assert!(is_wrong(code), "{code}");
        }
        for code in ["InternalFailure", "Unavailable", "AccessDenied", "Throttling", "InvalidClientTokenId"] {
            assert!(!is_wrong(code), "{code}");
        }
        assert!(!AwsError::of_answer(ACTION, 502, None, None).is_about_what_was_asked());
    }

    #[test]
    fn an_answer_without_a_code_says_its_status() {
        let error = AwsError::of_answer(ACTION, 502, None, None);
        assert_eq!(error.to_string(), "autoscaling:DescribeAutoScalingGroups failed with HTTP 502: no message");
    }

    #[test]
    fn a_long_list_of_groups_is_cut() {
        let groups: Vec<GroupId> = (0..23).map(|n| GroupId { region: "r".into(), name: format!("g{n}") }).collect();
        let error = AwsError::UnknownGroup { name: "p3".into(), seen: groups };
        assert!(error.to_string().ends_with("g19 (r) and 3 more"), "{error}");
        let none = AwsError::UnknownGroup { name: "p3".into(), seen: vec![] };
        assert_eq!(none.to_string(), "--group p3 is in none of the regions; the groups there: none");
    }
}
