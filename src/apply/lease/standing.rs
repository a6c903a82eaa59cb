//! Who holds a Lease, and whether it may be claimed: pure rules on the object.

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::ObjectMeta;

use super::takeover::looks_abandoned;
use super::{DURATION, LEASE_NAME};

/// Whether a Lease may be claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// It has no holder.
    Free,
    /// It is held.
    Held(Holder),
    /// It is held, and [looks abandoned](looks_abandoned) by our clock; its holder's may be behind.
    Silent(Holder),
}

/// Who holds a Lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) name: String,
    /// When it was claimed, by the holder's clock.
    pub(super) since: Timestamp,
    /// When it was last renewed, by the holder's clock.
    pub(super) renewed_at: Timestamp,
}

/// Returns the holder of the Lease; released ones have an empty holder or none.
pub(super) fn holder(lease: &Lease) -> Option<&str> {
    lease.spec.as_ref()?.holder_identity.as_deref().filter(|holder| !holder.is_empty())
}

/// Returns whether the Lease may be claimed at that moment. One without times was written by hand
/// and counts as silent.
pub(super) fn standing(lease: &Lease, now: Timestamp) -> Standing {
    let Some(holder) = held_by(lease) else { return Standing::Free };
    if looks_abandoned(&holder, now) { Standing::Silent(holder) } else { Standing::Held(holder) }
}

/// Returns the holder of the Lease with its times.
pub(super) fn held_by(lease: &Lease) -> Option<Holder> {
    let name = holder(lease)?.to_owned();
    let spec = lease.spec.as_ref();
    let time = |field: fn(&LeaseSpec) -> Option<&MicroTime>| spec.and_then(field).map(|time| time.0);
    let acquired = time(|spec| spec.acquire_time.as_ref());
    let renewed = time(|spec| spec.renew_time.as_ref()).or(acquired).unwrap_or(Timestamp::UNIX_EPOCH);
    Some(Holder { name, since: acquired.unwrap_or(renewed), renewed_at: renewed })
}

/// Whether nobody has written a Lease between two looks.
pub(super) fn is_unchanged(one: &Lease, other: &Lease) -> bool {
    let renewed = |lease: &Lease| lease.spec.as_ref().and_then(|spec| spec.renew_time.clone());
    one.metadata.uid == other.metadata.uid
        && one.metadata.resource_version == other.metadata.resource_version
        && renewed(one) == renewed(other)
}

/// Returns the Lease right after its claim by `identity`; annotations and `resourceVersion` stay.
pub(super) fn claimed(mut lease: Lease, identity: &str, now: Timestamp) -> Lease {
    let spec = lease.spec.get_or_insert_default();
    spec.holder_identity = Some(identity.to_owned());
    spec.lease_duration_seconds = i32::try_from(DURATION.0).ok();
    spec.acquire_time = Some(MicroTime(now));
    spec.renew_time = Some(MicroTime(now));
    spec.lease_transitions = Some(spec.lease_transitions.map_or(0, |transitions| transitions.saturating_add(1)));
    lease
}

/// Returns a Lease that does not exist yet.
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
    fn a_holder_is_believed_at_once_for_a_minute_after_its_renewal() {
        let standing_at = |second| standing(&held(), at(second));
        let holder = Holder { name: "run-a".into(), since: at(0), renewed_at: at(0) };
        for second in [-3600, 0, 31, 59] {
            assert_eq!(standing_at(second), Standing::Held(holder.clone()), "{second} s");
        }
        assert_eq!(standing_at(60), Standing::Silent(holder));
    }

    #[test]
    fn any_write_is_a_sign_of_life() {
        let lease = held();
        assert!(is_unchanged(&lease, &lease.clone()));
        let mut written = held();
        written.metadata.resource_version = Some("8".into());
        assert!(!is_unchanged(&lease, &written));
        let mut renewed = held();
        renewed.spec.get_or_insert_default().renew_time = Some(MicroTime(at(1)));
        assert!(!is_unchanged(&lease, &renewed));
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
    fn a_lease_without_times_looks_abandoned() {
        let mut lease = held();
        let spec = lease.spec.get_or_insert_default();
        (spec.acquire_time, spec.renew_time) = (None, None);
        assert!(matches!(standing(&lease, at(1)), Standing::Silent(_)));
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
