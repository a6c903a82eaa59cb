//! The predecessor's flags that have no meaning here.

use super::{Console, RunError};
use crate::cli::PredecessorFlags;

/// Refuses the predecessor's flags that have no meaning here, or notes that they are ignored.
pub(super) fn check_predecessor_flags(flags: &PredecessorFlags, console: &Console) -> Result<(), RunError> {
    if flags.sleep.is_some() {
        return Err(RunError::usage(
            "--sleep is not a flag of this one-shot command: the schedule belongs to the CronJob or timer that runs it",
            "leave --sleep out",
        ));
    }
    if flags.datadog_api_key.is_some() {
        return Err(RunError::usage(
            "--datadog-api-key is not a flag here: this command sends nothing to Datadog",
            "leave --datadog-api-key out",
        ));
    }
    if flags.use_aws_iam_role {
        console.note("note: --use-aws-iam-role is not needed and ignored: roles are found by the AWS SDK itself");
    }
    Ok(())
}
