//! Names of regions: which are possible, and which exist.

use crate::cloud::aws::error::AwsError;

/// The regions of all partitions, from the SDK's rules of endpoints. A region that opened since is
/// missing here; calls to it are made all the same.
pub const REGIONS: [&str; 46] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-isoe-west-1",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
    "us-west-1",
    "us-west-2",
];

/// The word before the number: AWS has named no region otherwise.
const DIRECTIONS: [&str; 9] = ["central", "east", "north", "northeast", "northwest", "south", "southeast", "southwest", "west"];

/// Checks whether a name can be a region's: `us-west-2`, `us-gov-east-1`, `eusc-de-east-1`.
///
/// A name that has the form and is no region is found when a call to it fails ([`no_such_region`]).
pub(crate) fn check_region(name: &str) -> Result<(), AwsError> {
    let not_a_region = |hint: String| Err(AwsError::NotARegion { name: name.to_owned(), hint });
    if has_the_form_of_a_region(name) {
        return Ok(());
    }
    let without_letter = name.trim_end_matches(|c: char| c.is_ascii_lowercase());
    match name.len() == without_letter.len() + 1 && has_the_form_of_a_region(without_letter) {
        true => not_a_region(format!("; it is a zone of {without_letter}")),
        false => not_a_region(String::new()),
    }
}

fn has_the_form_of_a_region(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let [words @ .., direction, number] = parts.as_slice() else { return false };
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    !words.is_empty() && words.iter().all(is_word) && DIRECTIONS.contains(direction) && is_number
}

/// Returns the error that a region does not exist, when that is why a call to it failed: it is not
/// on the list, and no server answers for it. A server that denies access exists.
pub(crate) fn no_such_region(name: &str, error: &AwsError) -> Option<AwsError> {
    match error {
        AwsError::NotARegion { .. } => Some(error.clone()),
        AwsError::Unreachable { .. } | AwsError::Other { .. } if !REGIONS.contains(&name) => {
            Some(AwsError::NotARegion { name: name.to_owned(), hint: format!("; a call to it failed: {error}") })
        }
        AwsError::Unreachable { .. }
        | AwsError::Other { .. }
        | AwsError::NoCredentials { .. }
        | AwsError::NoSuchProfile { .. }
        | AwsError::HalfAKey { .. }
        | AwsError::MisshapenCredential { .. }
        | AwsError::ExpiredCredentials { .. }
        | AwsError::InvalidCredentials { .. }
        | AwsError::NoRegion
        | AwsError::AccessDenied { .. }
        | AwsError::Throttled { .. }
        | AwsError::UnknownGroup { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_regions_are_told_from_others() {
        for name in REGIONS.into_iter().chain(["us-west-9", "xx-southwest-10"]) {
            assert_eq!(check_region(name), Ok(()), "{name}");
        }
        for (name, text) in [
            ("us-wst", "\"us-wst\" is not the name of an AWS region (such as us-west-2)"),
            ("us-wset-2", "\"us-wset-2\" is not the name of an AWS region (such as us-west-2)"),
            ("west-2", "\"west-2\" is not the name of an AWS region (such as us-west-2)"),
            ("us-west-2a", "\"us-west-2a\" is not the name of an AWS region (such as us-west-2); it is a zone of us-west-2"),
            ("US-WEST-2", "\"US-WEST-2\" is not the name of an AWS region (such as us-west-2)"),
            ("", "\"\" is not the name of an AWS region (such as us-west-2)"),
        ] {
            assert_eq!(check_region(name).map_err(|error| error.to_string()), Err(text.to_owned()));
        }
    }

    #[test]
    fn a_region_that_nobody_answers_for_and_nobody_lists_is_none() {
        let silent = |region: &str| AwsError::Unreachable { action: "a", region: region.into(), reason: "no such host".into() };
        assert_eq!(no_such_region("us-west-2", &silent("us-west-2")), None);
        let error = no_such_region("us-west-9", &silent("us-west-9")).expect("no region").to_string();
        assert!(
            error.starts_with("\"us-west-9\" is not the name of an AWS region") && error.ends_with("AWS_ENDPOINT_URL"),
            "{error}"
        );
        let denied = AwsError::AccessDenied { permission: "a" };
        assert_eq!(no_such_region("us-west-9", &denied), None, "it is there");
        let misshapen = check_region("us-west-2a").expect_err("a zone");
        assert_eq!(no_such_region("us-west-2a", &misshapen), Some(misshapen.clone()));
    }
}
