//! The common arguments of `plan` and `apply`.

use super::saved::Saved;
use crate::cli::{BufferFlags, ConsentFlags, LiveFlags, ManifestFlags, NotifyFlags, OutputFlags, PriceFlags, SourceFlags};
use crate::duration::Seconds;
use crate::policy::Policy;

/// The common arguments of `plan` and `apply`: they are the same command except for the last step.
pub(super) struct Request<'a> {
    pub(super) source: &'a SourceFlags,
    pub(super) manifests: &'a ManifestFlags,
    pub(super) buffers: &'a BufferFlags,
    pub(super) prices: &'a PriceFlags,
    pub(super) live: &'a LiveFlags,
    pub(super) policy: &'a Policy,
    pub(super) output: &'a OutputFlags,
    pub(super) consent: &'a ConsentFlags,
    pub(super) notify: &'a NotifyFlags,
    /// The plan that was reviewed, if there is one: only the part that still holds is done.
    pub(super) saved: Option<&'a Saved>,
    /// How long to wait for a pod that needs a node before anything is looked at.
    pub(super) until_needed: Option<Seconds>,
}
