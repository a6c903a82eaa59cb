//! The permissions that a launch in a named place takes, and which of them a denial is about.
//!
//! They are the caller's. A launch by the desired capacity takes none of them of the caller, as the
//! role of Auto Scaling has its own.

/// All of them
/// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/launching-instances-synchronous-provisioning.html>).
pub(super) const PERMISSIONS: &str = "autoscaling:LaunchInstances, ec2:CreateFleet and ec2:DescribeLaunchTemplateVersions";

/// What stands before the action in AWS's words: "User: … is not authorized to perform:
/// ec2:CreateFleet on resource: …".
const BEFORE_ACTION: &str = "to perform: ";
/// What EC2 adds to a denial for those who may decode it.
const ENCODED: &str = "Encoded authorization failure message";

/// Returns the words of a denial with the permission that is missing, or with all of them where AWS
/// names none, and without the part that nobody can read.
pub(super) fn denial(code: &str, message: &str) -> String {
    let message = message.split(ENCODED).next().unwrap_or(message).trim();
    format!("{code}: {message} (needs {})", named(message).unwrap_or(PERMISSIONS))
}

fn named(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once(BEFORE_ACTION)?;
    let action = rest.split_whitespace().next()?.trim_end_matches(['.', ',']);
    action.contains(':').then_some(action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_names_the_action_that_aws_names_or_all() {
        let all = format!("AccessDenied: You are not authorized. (needs {PERMISSIONS})");
        assert_eq!(denial("AccessDenied", "You are not authorized."), all);
        let encoded = "You are not authorized. Encoded authorization failure message: aGVsbG8gd29ybGQ";
        assert_eq!(denial("AccessDenied", encoded), all);
        let named = "User: arn:aws:iam::1:role/r is not authorized to perform: ec2:CreateFleet on resource: *";
        assert_eq!(denial("AccessDenied", named), format!("AccessDenied: {named} (needs ec2:CreateFleet)"));
        let at_the_end = "You are not authorized to perform: this operation.";
        assert!(denial("AccessDenied", at_the_end).ends_with(&format!("(needs {PERMISSIONS})")));
    }
}
