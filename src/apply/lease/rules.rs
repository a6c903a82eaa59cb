//! Whose a Lease is: pure rules on the object.

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::ObjectMeta;

use super::{ABANDONED_AFTER, DURATION, LEASE_NAME};

/// Whether a Lease may be claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nobody holds it, or its holder has been silent for [`ABANDONED_AFTER`].
    Free,
    /// It is held.
    Held { holder: String, since: Timestamp, renewed_at: Timestamp },
}

/// Who holds the Lease; released ones have an empty holder or none.
pub(super) fn holder(lease: &Lease) -> Option<&str> {
    lease.spec.as_ref()?.holder_identity.as_deref().filter(|holder| !holder.is_empty())
}

/// Whether the Lease may be claimed at that moment. One without times was written by hand and counts as silent.
pub(super) fn standing(lease: &Lease, now: Timestamp) -> Standing {
    let Some(holder) = holder(lease) else { return Standing::Free };
    let spec = lease.spec.as_ref();
    let time = |field: fn(&LeaseSpec) -> Option<&MicroTime>| spec.and_then(field).map(|time| time.0);
    let acquired = time(|spec| spec.acquire_time.as_ref());
    let renewed = time(|spec| spec.renew_time.as_ref()).or(acquired).unwrap_or(Timestamp::UNIX_EPOCH);
    match now >= ABANDONED_AFTER.after(renewed) {
        true => Standing::Free,
        false => Standing::Held { holder: holder.to_owned(), since: acquired.unwrap_or(renewed), renewed_at: renewed },
    }
}

/// The Lease as it is when `identity` has just claimed it; annotations and `resourceVersion` stay.
pub(super) fn claimed(mut lease: Lease, identity: &str, now: Timestamp) -> Lease {
    let spec = lease.spec.get_or_insert_default();
    spec.holder_identity = Some(identity.to_owned());
    spec.lease_duration_seconds = i32::try_from(DURATION.0).ok();
    spec.acquire_time = Some(MicroTime(now));
    spec.renew_time = Some(MicroTime(now));
    spec.lease_transitions = Some(spec.lease_transitions.map_or(0, |transitions| transitions.saturating_add(1)));
    lease
}

/// A Lease that does not exist yet.
pub(super) fn new_lease(namespace: &str) -> Lease {
    let metadata =
        ObjectMeta { name: Some(LEASE_NAME.to_owned()), namespace: Some(namespace.to_owned()), ..ObjectMeta::default() };
    Lease { metadata, spec: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_341_600 + second).expect("a timestamp")
    }

    fn held() -> Lease {
        claimed(new_lease("kube-system"), "run-a", at(0))
    }

    #[test]
    fn a_holder_is_believed_for_three_minutes_after_its_renewal() {
        let standing_at = |second| standing(&held(), at(second));
        let believed = Standing::Held { holder: "run-a".into(), since: at(0), renewed_at: at(0) };
        for second in [-3600, 0, 61, 179] {
            assert_eq!(standing_at(second), believed, "{second} s");
        }
        assert_eq!(standing_at(180), Standing::Free);
    }

    #[test]
    fn a_released_lease_is_free_at_once() {
        for holder in [None, Some(String::new())] {
            let mut lease = held();
            lease.spec.get_or_insert_default().holder_identity = holder;
            assert_eq!(standing(&lease, at(1)), Standing::Free);
        }
    }

    #[test]
    fn a_lease_without_times_is_free() {
        let mut lease = held();
        let spec = lease.spec.get_or_insert_default();
        (spec.acquire_time, spec.renew_time) = (None, None);
        assert_eq!(standing(&lease, at(1)), Standing::Free);
    }

    #[test]
    fn a_claim_counts_the_change_of_holder_and_keeps_the_rest() {
        let mut lease = held();
        lease.metadata.resource_version = Some("7".into());
        lease.metadata.annotations = Some([("k".to_owned(), "v".to_owned())].into());
        let taken = claimed(lease.clone(), "run-b", at(200));
        assert_eq!(taken.metadata, lease.metadata);
        assert_eq!(holder(&taken), Some("run-b"));
        assert_eq!(taken.spec.and_then(|spec| spec.lease_transitions), Some(1));
    }
}
