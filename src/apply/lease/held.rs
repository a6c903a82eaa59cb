//! The Lease while it is ours: renewing it, keeping notes on it, letting it go.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::PostParams;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::{FRESH_FOR, LEASE_NAME, LeaseError, RENEW_EVERY, Store, rules};
use crate::apply::kubernetes::{ATTEMPTS, Trouble, pause, trouble, words};
use crate::apply::{Clock, NotReachedReason};
use crate::duration::Seconds;
use crate::gather::kubernetes::leases::{
    ASKED_ANNOTATION, SEEN_ANNOTATION, encode_growth_notes, encode_instance_notes, growth_notes, instance_notes,
};
use crate::snapshot::{GrowthNote, InstanceNote};

/// How long one write may take: shorter than [`RENEW_EVERY`], so that a hanging connection costs one renewal and not the Lease.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// The Lease, ours. Dropping it ends the renewals and leaves it to grow old; [`HeldLease::release`] lets others in at once.
pub struct HeldLease {
    core: Arc<Core>,
    renewing: JoinHandle<()>,
}

/// What the steps and the task that renews share.
struct Core {
    store: Store,
    identity: String,
    clock: Clock,
    /// The object as we last wrote it. Writes go one at a time, each guarded by the `resourceVersion` of the one before.
    lease: tokio::sync::Mutex<Lease>,
    hold: Mutex<Hold>,
}

/// What is known of our hold on it.
#[derive(Debug, Clone)]
enum Hold {
    /// Renewed by a request that was sent at that moment.
    Renewed(Timestamp),
    /// Another's, by name.
    Lost(String),
}

impl fmt::Debug for HeldLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldLease")
            .field("identity", &self.core.identity)
            .field("hold", &self.core.hold())
            .finish_non_exhaustive()
    }
}

impl Drop for HeldLease {
    fn drop(&mut self) {
        self.renewing.abort();
    }
}

impl HeldLease {
    /// Begins to renew a Lease that was claimed at that moment.
    pub(super) fn start(store: Store, identity: String, clock: Clock, lease: Lease, renewed_at: Timestamp) -> Self {
        let hold = Mutex::new(Hold::Renewed(renewed_at));
        let core = Arc::new(Core { store, identity, clock, lease: tokio::sync::Mutex::new(lease), hold });
        let renewing = tokio::spawn(keep_renewing(Arc::clone(&core)));
        Self { core, renewing }
    }

    /// Whether the Lease is ours beyond doubt at that moment, so that something may be changed.
    ///
    /// # Errors
    /// When it was renewed too long ago, or is another's.
    pub fn check(&self, now: Timestamp) -> Result<(), NotReachedReason> {
        match self.core.hold() {
            Hold::Lost(holder) => Err(NotReachedReason::LeaseLost { holder }),
            // A clock that was set back makes every renewal look young: then nothing is known.
            Hold::Renewed(at) if now < at => Err(NotReachedReason::LeaseStale { age: Seconds::between(now, at) }),
            Hold::Renewed(at) => match Seconds::between(at, now) {
                age if age < FRESH_FOR => Ok(()),
                age => Err(NotReachedReason::LeaseStale { age }),
            },
        }
    }

    /// Renews it now; the background does so every [`RENEW_EVERY`].
    ///
    /// # Errors
    /// When it could not be written, or is another's.
    pub async fn renew(&self) -> Result<(), LeaseError> {
        self.core.write(|_| Ok(())).await
    }

    /// Notes what is about to be asked of a group; notes older than `keep` go.
    ///
    /// It is written before the request, for a request without a note could be made twice. A note without a request is
    /// harmless: the planner takes a note only for the age of a gap between desired and live instances, never as capacity.
    ///
    /// # Errors
    /// As [`HeldLease::renew`], and when the earlier notes cannot be read.
    pub async fn note(&self, note: &GrowthNote, keep: Seconds) -> Result<(), LeaseError> {
        self.core
            .edit_notes(|notes| {
                notes.retain(|other| keep.after(other.at) >= note.at && !same_request(other, note));
                notes.push(note.clone());
            })
            .await
    }

    /// Takes a note back whose request was refused, so that it does not make an older gap look young.
    ///
    /// # Errors
    /// As [`HeldLease::note`].
    pub async fn withdraw(&self, note: &GrowthNote) -> Result<(), LeaseError> {
        self.core.edit_notes(|notes| notes.retain(|other| other != note)).await
    }

    /// Notes instances that were seen in service without a node, and forgets those that are settled.
    ///
    /// # Errors
    /// As [`HeldLease::note`].
    pub async fn note_instances(&self, seen: &[InstanceNote], settled: &[InstanceNote]) -> Result<(), LeaseError> {
        let write = |lease: &mut Lease| {
            let mut notes = instance_notes(lease)?;
            notes.retain(|note| !settled.contains(note));
            let is_new =
                |note: &&InstanceNote| !notes.iter().any(|known| known.group == note.group && known.instance == note.instance);
            let new: Vec<InstanceNote> = seen.iter().filter(is_new).cloned().collect();
            notes.extend(new);
            notes.sort();
            let annotations = lease.metadata.annotations.get_or_insert_default();
            annotations.insert(SEEN_ANNOTATION.to_owned(), encode_instance_notes(&notes));
            Ok(())
        };
        self.core.write(write).await
    }

    /// Lets it go: the next run need not wait. The notes stay. One that is ours no more has been let go already.
    ///
    /// # Errors
    /// When it could not be written; the Lease then grows old by itself.
    pub async fn release(self) -> Result<(), LeaseError> {
        self.renewing.abort();
        let let_go = |lease: &mut Lease| {
            lease.spec.get_or_insert_default().holder_identity = None;
            Ok(())
        };
        match self.core.write(let_go).await {
            Err(LeaseError::Lost { .. }) => Ok(()),
            result => result,
        }
    }
}

/// Notes of the same group and capacity: the newer one replaces the older. Other capacities stay beside it, since it is not
/// known yet which of the requests AWS will have heard.
fn same_request(a: &GrowthNote, b: &GrowthNote) -> bool {
    a.group == b.group && a.desired == b.desired
}

async fn keep_renewing(core: Arc<Core>) {
    loop {
        sleep(RENEW_EVERY.into()).await;
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
    fn hold(&self) -> Hold {
        self.hold.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_hold(&self, hold: Hold) {
        *self.hold.lock().unwrap_or_else(PoisonError::into_inner) = hold;
    }

    async fn edit_notes(&self, edit: impl Fn(&mut Vec<GrowthNote>)) -> Result<(), LeaseError> {
        self.write(|lease| {
            let mut notes = growth_notes(lease)?;
            edit(&mut notes);
            notes.sort_by(|a, b| (&a.group, a.at).cmp(&(&b.group, b.at)));
            let annotations = lease.metadata.annotations.get_or_insert_default();
            annotations.insert(ASKED_ANNOTATION.to_owned(), encode_growth_notes(&notes));
            Ok(())
        })
        .await
    }

    /// Writes the Lease with an edit and a new renewal time.
    ///
    /// After a conflict or an unclear answer it is read again: still with our name, the write is tried once more on top of
    /// what is there (it may be our own write whose answer was lost); with another's, it is lost.
    async fn write(&self, edit: impl Fn(&mut Lease) -> Result<(), LeaseError>) -> Result<(), LeaseError> {
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
            let now = (self.clock)();
            let mut next = current.clone();
            edit(&mut next)?;
            next.spec.get_or_insert_default().renew_time = Some(MicroTime(now));
            match self.replace(&next).await {
                Ok(written) => {
                    *current = written;
                    self.set_hold(Hold::Renewed(now));
                    return Ok(());
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
            Trouble::Conflict | Trouble::Passing => Replace::Again(self.store.error("updating", words(error))),
            Trouble::Lasting => Replace::Never(self.store.error("updating", words(error))),
        })
    }

    /// The Lease as it is, if it still has our name.
    async fn read_again(&self) -> Result<Lease, LeaseError> {
        let Ok(answer) = timeout(WRITE_TIMEOUT, self.store.read()).await else { return Err(self.timed_out("reading")) };
        let found = answer?;
        let holder = found.as_ref().and_then(rules::holder).unwrap_or("nobody").to_owned();
        match found {
            Some(lease) if holder == self.identity => Ok(lease),
            Some(_) | None => {
                self.set_hold(Hold::Lost(holder.clone()));
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
    /// Worth another look and another attempt.
    Again(LeaseError),
    /// It never will.
    Never(LeaseError),
}
