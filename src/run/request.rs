//! The common arguments of `plan` and `apply`.

use super::saved::Saved;
use super::{Console, RunError};
use crate::cli::{ConsentFlags, LiveFlags, ManifestFlags, NotifyFlags, OutputFlags, PredecessorFlags, PriceFlags, SourceFlags};
use crate::policy::Policy;

/// The common arguments of `plan` and `apply`: they are the same command except for the last step.
pub(super) struct Request<'a> {
    pub(super) source: &'a SourceFlags,
    pub(super) manifests: &'a ManifestFlags,
    pub(super) prices: &'a PriceFlags,
    pub(super) live: &'a LiveFlags,
    pub(super) policy: &'a Policy,
    pub(super) output: &'a OutputFlags,
    pub(super) consent: &'a ConsentFlags,
    pub(super) notify: &'a NotifyFlags,
    /// The plan that was reviewed, if there is one: only the part that still holds is done.
    pub(super) saved: Option<&'a Saved>,
}

/// Refuses the predecessor's flags that have no meaning here, or notes that they are ignored.
pub(super) fn greet_predecessor(flags: &PredecessorFlags, console: &Console) -> Result<(), RunError> {
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
