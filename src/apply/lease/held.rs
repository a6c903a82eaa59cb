//! The Lease while it is ours: its renewals, its notes and its release.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::PostParams;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::notes::{
    add_fruitless, add_growth, add_launch, add_removal, change_instances, no_room_for_instances, settle_launch, settle_removal,
    withdraw_growth,
};
use super::{LEASE_NAME, LeaseError, LeaseStore, RENEW_EVERY, Tenure, standing};
use crate::apply::NotReachedReason;
use crate::apply::steady::{RunClocks, SteadyClock, SteadyTime};
use crate::duration::Seconds;
use crate::kubernetes::write::{ATTEMPTS, WriteTrouble, pause, trouble, words};
use crate::snapshot::{FruitlessNote, GroupId, GrowthNote, InstanceNote, LaunchNote, LaunchOutcome, RemovalNote};

/// One write may take this long: shorter than [`RENEW_EVERY`], so that a hanging connection costs
/// one renewal and not the Lease.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// The Lease while it is ours. Dropping it ends the renewals and lets it expire;
/// [`HeldLease::release`] frees it at once.
pub struct HeldLease {
    core: Arc<Core>,
    renewing: JoinHandle<()>,
}

/// What the steps and the renewing task share.
struct Core {
    store: LeaseStore,
    identity: String,
    clocks: RunClocks,
    /// The object as we last wrote it. Writes go one at a time, each guarded by the
    /// `resourceVersion` of the one before.
    lease: tokio::sync::Mutex<Lease>,
    tenure: Mutex<Tenure>,
}

impl fmt::Debug for HeldLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldLease")
            .field("identity", &self.core.identity)
            .field("tenure", &self.core.tenure())
            .finish_non_exhaustive()
    }
}

impl Drop for HeldLease {
    fn drop(&mut self) {
        self.renewing.abort();
    }
}

impl HeldLease {
    /// Starts to renew a Lease that was claimed by a request sent at that moment.
    pub(super) fn start(store: LeaseStore, identity: String, clocks: &RunClocks, lease: Lease, sent: SteadyTime) -> Self {
        let tenure = Mutex::new(Tenure::begun(sent));
        let core = Arc::new(Core { store, identity, clocks: clocks.clone(), lease: tokio::sync::Mutex::new(lease), tenure });
        let renewing = tokio::spawn(keep_renewing(Arc::clone(&core)));
        Self { core, renewing }
    }

    /// Returns the current moment of the steady clock by which the Lease is kept.
    #[must_use]
    pub fn now(&self) -> SteadyTime {
        (self.core.clocks.steady)()
    }

    /// Returns that clock.
    #[must_use]
    pub fn steady_clock(&self) -> SteadyClock {
        Arc::clone(&self.core.clocks.steady)
    }

    /// Checks that the Lease has been ours beyond doubt from that first look until now, so that
    /// something may be changed.
    ///
    /// # Errors
    /// When it was renewed too long ago, lapsed since the first look, or belongs to another run.
    pub fn check(&self, first_look: SteadyTime) -> Result<(), NotReachedReason> {
        self.core.tenure().check(first_look, self.now())
    }

    /// Returns the state of our tenure after the Lease was read once more: another run may have
    /// taken it although our last renewal is young.
    ///
    /// # Errors
    /// When it could not be read.
    pub async fn look(&self) -> Result<Tenure, LeaseError> {
        match self.core.read_again().await {
            Ok(_) | Err(LeaseError::Lost { .. }) => Ok(self.core.tenure()),
            Err(error) => Err(error),
        }
    }

    /// Renews it now; the background does so every [`RENEW_EVERY`].
    ///
    /// # Errors
    /// When it could not be written, or belongs to another run.
    pub async fn renew(&self) -> Result<(), LeaseError> {
        self.core.write(|_| Ok(())).await
    }

    /// Notes the request for a group that is about to be sent, in place of the earlier note, which
    /// it returns. Notes older than `keep` go, and where room is short those of groups that are not
    /// `known`.
    ///
    /// The note is written before the request, since a request without a note could be made twice.
    /// A note without a request is harmless: the planner takes a note only for the age of a gap
    /// between desired and live instances, never as capacity.
    ///
    /// # Errors
    /// As [`HeldLease::renew`], when the earlier notes cannot be read, and when there is no room.
    pub async fn note(
        &self,
        note: &GrowthNote,
        keep: Seconds,
        known: &BTreeSet<GroupId>,
    ) -> Result<Option<GrowthNote>, LeaseError> {
        self.core.write(|lease| add_growth(lease, note, keep, known)).await
    }

    /// Removes a note whose request was not made, so that it does not make an older gap look young,
    /// and restores the one `before`.
    ///
    /// # Errors
    /// As [`HeldLease::note`].
    pub async fn withdraw(&self, note: &GrowthNote, before: Option<&GrowthNote>) -> Result<(), LeaseError> {
        self.core.write(|lease| withdraw_growth(lease, note, before)).await
    }

    /// Notes instances that were seen in service without a node, and removes those that are
    /// settled.
    ///
    /// # Errors
    /// As [`HeldLease::note`]. Where there is room for some only, those are noted.
    pub async fn note_instances(
        &self,
        seen: &[InstanceNote],
        settled: &[InstanceNote],
        known: &BTreeSet<GroupId>,
    ) -> Result<(), LeaseError> {
        match self.core.write(|lease| change_instances(lease, seen, settled, known)).await? {
            0 => Ok(()),
            left_out => Err(no_room_for_instances(left_out)),
        }
    }

    /// Notes groups whose nodes helped nobody and go, each in place of its earlier note.
    ///
    /// # Errors
    /// As [`HeldLease::note`].
    pub async fn note_fruitless(&self, notes: &[FruitlessNote], known: &BTreeSet<GroupId>) -> Result<(), LeaseError> {
        self.core.write(|lease| add_fruitless(lease, notes, known)).await
    }

    /// Notes the request to end instances of a group that is about to be sent, unless an earlier
    /// one that names others may be under way, which it returns. `live` are the live instances of
    /// the group.
    ///
    /// # Errors
    /// As [`HeldLease::note`].
    pub async fn note_removal(&self, note: &RemovalNote, live: &BTreeSet<&str>) -> Result<Option<RemovalNote>, LeaseError> {
        self.core.write(|lease| add_removal(lease, note, live)).await
    }

    /// Removes that note, as the outcome of the request is known.
    ///
    /// # Errors
    /// As [`HeldLease::note`].
    pub async fn settle_removal(&self, note: &RemovalNote) -> Result<(), LeaseError> {
        self.core.write(|lease| settle_removal(lease, note)).await
    }

    /// Notes a launch that is about to be requested. Notes older than `keep` go.
    ///
    /// # Errors
    /// As [`HeldLease::note`].
    pub async fn note_launch(&self, note: &LaunchNote, keep: Seconds) -> Result<(), LeaseError> {
        self.core.write(|lease| add_launch(lease, note, keep)).await
    }

    /// Notes what came of a launch; without an outcome it was not requested, and its note goes.
    ///
    /// # Errors
    /// As [`HeldLease::note`].
    pub async fn settle_launch(&self, token: &str, outcome: Option<&LaunchOutcome>) -> Result<(), LeaseError> {
        self.core.write(|lease| settle_launch(lease, token, outcome)).await
    }

    /// Releases it, so that the next run need not wait. The notes stay. One that is no longer ours
    /// has been released already.
    ///
    /// # Errors
    /// When it could not be written; the Lease then expires by itself.
    pub async fn release(self) -> Result<(), LeaseError> {
        self.renewing.abort();
        let release_unfinished_claim = |lease: &mut Lease| {
            lease.spec.get_or_insert_default().holder_identity = None;
            Ok(())
        };
        match self.core.write(release_unfinished_claim).await {
            Err(LeaseError::Lost { .. }) => Ok(()),
            result => result,
        }
    }
}

async fn keep_renewing(core: Arc<Core>) {
    loop {
        sleep(RENEW_EVERY).await;
        match core.write(|_| Ok(())).await {
            Ok(()) => tracing::debug!("renewed the Lease"),
            Err(error @ LeaseError::Lost { .. }) => {
                tracing::warn!("{error}");
                return;
            }
            Err(error) => tracing::warn!("{error}; trying again"),
        }
    }
}

impl Core {
    fn tenure(&self) -> Tenure {
        self.tenure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change_tenure(&self, change: impl FnOnce(&Tenure) -> Tenure) {
        let mut tenure = self.tenure.lock().unwrap_or_else(PoisonError::into_inner);
        *tenure = change(&tenure);
    }

    /// Writes the Lease with an edit and a new renewal time.
    ///
    /// After a conflict or an unclear answer it is read again. While it has our name, the write is
    /// tried once more on top of its present state (it may be our own write whose answer was lost).
    /// When it has another's, it is lost.
    async fn write<T>(&self, edit: impl Fn(&mut Lease) -> Result<T, LeaseError>) -> Result<T, LeaseError> {
        let mut current = self.lease.lock().await;
        let mut failure = None;
        for attempt in 0..ATTEMPTS {
            pause(attempt).await;
            if failure.is_some() {
                match self.read_again().await {
                    Ok(lease) => *current = lease,
                    Err(error @ LeaseError::Lost { .. }) => return Err(error),
                    Err(error) => {
                        failure = Some(error);
                        continue;
                    }
                }
            }
            let (now, sent) = ((self.clocks.wall)(), (self.clocks.steady)());
            let mut next = current.clone();
            let edited = edit(&mut next)?;
            next.spec.get_or_insert_default().renew_time = Some(MicroTime(now));
            match self.replace(&next).await {
                Ok(written) => {
                    *current = written;
                    let answered = (self.clocks.steady)();
                    self.change_tenure(|tenure| tenure.renewed(sent, answered));
                    return Ok(edited);
                }
                Err(Replace::Again(error)) => failure = Some(error),
                Err(Replace::Never(error)) => return Err(error),
            }
        }
        Err(failure.unwrap_or_else(|| self.store.contended()))
    }

    async fn replace(&self, lease: &Lease) -> Result<Lease, Replace> {
        let parameters = PostParams::default();
        let answer = timeout(WRITE_TIMEOUT, self.store.api.replace(LEASE_NAME, &parameters, lease)).await;
        let Ok(answer) = answer else { return Err(Replace::Again(self.timed_out("updating"))) };
        answer.map_err(|error| match trouble(&error) {
            WriteTrouble::Conflict | WriteTrouble::Passing => Replace::Again(self.store.error("updating", words(error))),
            WriteTrouble::Lasting => Replace::Never(self.store.error("updating", words(error))),
        })
    }

    /// Returns the Lease as it is, if it still has our name.
    async fn read_again(&self) -> Result<Lease, LeaseError> {
        let Ok(answer) = timeout(WRITE_TIMEOUT, self.store.read()).await else { return Err(self.timed_out("reading")) };
        let found = answer?;
        let holder = found.as_ref().and_then(standing::holder).unwrap_or("nobody").to_owned();
        match found {
            Some(lease) if holder == self.identity => Ok(lease),
            Some(_) | None => {
                self.change_tenure(|_| Tenure::Lost { holder: holder.clone() });
                Err(LeaseError::Lost { namespace: self.store.namespace.clone(), holder })
            }
        }
    }

    fn timed_out(&self, doing: &'static str) -> LeaseError {
        self.store.error(doing, format!("no answer within {} s", WRITE_TIMEOUT.as_secs()))
    }
}

/// Why a write did not succeed.
enum Replace {
    /// Another read and another attempt may help.
    Again(LeaseError),
    /// No attempt will help.
    Never(LeaseError),
}
