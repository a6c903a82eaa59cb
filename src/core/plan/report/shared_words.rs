//! The reason that pods of one object share, without the names that each of them has alone.

use std::borrow::Cow;

use super::pod::{PodReport, PodVerdict};
use crate::plan::reason::{GroupRefusal, Refusal};
use crate::scheduler::Misfit;

/// Stands for the pod in the name of a claim.
const ANY_POD: &str = "*";

impl PodReport {
    /// Returns the sentence of the verdict as all pods of its object have it: the claim that a
    /// StatefulSet makes for each of them (`data-web-3`) is `data-*`, and that of an ephemeral
    /// volume (`web-3-tmp`) is `*-tmp`.
    #[must_use]
    pub fn shared_message(&self) -> Cow<'_, str> {
        let pod = self.pod.name.as_str();
        let PodVerdict::CannotHelp { refusals } = &self.verdict else { return Cow::Borrowed(&self.message) };
        if !self.message.contains(pod) {
            return Cow::Borrowed(&self.message);
        }
        let refusals = refusals.iter().map(|refusal| without_name(refusal.clone(), pod)).collect();
        Cow::Owned(PodVerdict::CannotHelp { refusals }.to_string())
    }
}

fn without_name(mut refusal: GroupRefusal, pod: &str) -> GroupRefusal {
    let claim = match &mut refusal.refusal {
        Refusal::Misfit { misfit: Misfit::VolumeBinding { problem } } => Some(problem.claim_mut()),
        Refusal::Misfit { misfit: Misfit::VolumeRestrictions { claim } } => Some(claim),
        _ => None,
    };
    if let Some(claim) = claim
        && let Some(shared) = shared_claim(claim, pod)
    {
        *claim = shared;
    }
    refusal
}

/// Returns the name that the claim has in common with those of the other pods; none for a claim
/// that is not named after the pod.
fn shared_claim(claim: &str, pod: &str) -> Option<String> {
    let of_template = claim.strip_suffix(pod).filter(|template| template.ends_with('-'));
    let of_volume = claim.strip_prefix(pod).filter(|volume| volume.starts_with('-'));
    match (of_template, of_volume) {
        (Some(template), _) => Some(format!("{template}{ANY_POD}")),
        (None, Some(volume)) => Some(format!("{ANY_POD}{volume}")),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::plan::report::Ruling;
    use crate::scheduler::VolumeProblem;
    use crate::snapshot::{GroupId, ObjectName};

    fn report(pod: &str, claim: &str) -> PodReport {
        let problem = VolumeProblem::ClassMissing { claim: claim.into(), class: "thin".into() };
        let group = GroupId { region: "us-west-2".into(), name: "web".into() };
        let refusal = Refusal::Misfit { misfit: Misfit::VolumeBinding { problem } };
        let verdict = PodVerdict::CannotHelp { refusals: [GroupRefusal { group, refusal }].into_iter().collect() };
        PodReport { pod: ObjectName::new("ml", pod), placed: None, ruling: Arc::new(Ruling::from(verdict)) }
    }

    #[test]
    fn pods_with_claims_of_their_own_have_one_reason() {
        for (pod, claim, shared) in [
            ("web-3", "data-web-3", "data-*"),
            ("web-3", "web-3-tmp", "*-tmp"),
            ("web-3", "data", "data"),
            ("a", "data-b", "data-b"),
            ("web-3", "thedataweb-3", "thedataweb-3"),
        ] {
            let expected = format!("web: storageclass.storage.k8s.io \"thin\" not found (of claim {shared})");
            assert_eq!(report(pod, claim).shared_message(), expected, "{pod} {claim}");
        }
    }
}
