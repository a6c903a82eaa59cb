//! The cluster behind the API: what a test may look at and change without asking the server.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::access::{Access, Rule};
use super::answer::Answer;
use super::calls::{Call, CallPattern};
use super::faults::Fault;
use super::handle::handle;
use super::request::Request;
use super::resources::{self, Resource};
use super::store::{Store, Table, text};
use super::{binding, controllers, copies, defaults};

/// Something a test does just before a call is handled.
type Moment = Box<dyn FnOnce(&Cluster) + Send>;

/// The state of one test's cluster.
///
/// Changes made here need no token, appear in no log and follow no rules but the form of objects.
#[derive(Default)]
pub(crate) struct Cluster {
    store: Mutex<Store>,
    access: Mutex<Access>,
    calls: Mutex<Vec<Call>>,
    faults: Mutex<Vec<Fault>>,
    moments: Mutex<Vec<(CallPattern, Moment)>>,
    page_latency: Mutex<Duration>,
    clock_ahead: Mutex<SignedDuration>,
    moment_failed: AtomicBool,
    watch_epoch: AtomicUsize,
}

/// A panic in one request must not hide what the others did.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Cluster {
    /// A cluster with the namespaces every cluster has.
    pub(super) fn new() -> Self {
        let cluster = Self::default();
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            cluster.add(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
        }
        cluster
    }

    /// Puts an object into the cluster as it is, replacing one of the same name; returns it as
    /// stored.
    ///
    /// Its namespace, uid and creation time are made up where they are missing.
    ///
    /// # Panics
    ///
    /// When its `apiVersion` and `kind` are not served.
    pub(crate) fn add(&self, object: impl Into<Value>) -> Value {
        place(&mut lock(&self.store), object.into())
    }

    /// Adds many objects, one at a time: an iterator of 150,000 pods is never held as a whole.
    pub(crate) fn seed(&self, objects: impl IntoIterator<Item: Into<Value>>) {
        let mut store = lock(&self.store);
        for object in objects {
            place(&mut store, object.into());
        }
    }

    /// Adds copies of one object, fast enough for 150,000 pods: for each copy the closure says what
    /// to put in place of which mark, wherever it occurs in the object: `|number| [("NAME",
    /// format!("job-{number}"))]`.
    ///
    /// # Panics
    ///
    /// When the name has no mark, so that the copies would replace each other.
    pub(crate) fn seed_copies<const N: usize>(
        &self,
        template: impl Into<Value>,
        count: usize,
        differ: impl Fn(usize) -> [(&'static str, String); N],
    ) {
        let mut store = lock(&self.store);
        let (resource, object) = completed(&mut store, template.into());
        copies::add(&mut store, resource, object, count, differ);
    }

    /// Sets the server's clock, as its answers show it, so much ahead of this machine's.
    pub(crate) fn set_clock_ahead(&self, by: SignedDuration) {
        *lock(&self.clock_ahead) = by;
    }

    /// What the answers give as their `Date`.
    pub(super) fn date(&self) -> String {
        (Timestamp::now() + *lock(&self.clock_ahead)).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }

    /// An object as it is now; cluster-wide ones have the namespace `""`.
    pub(crate) fn find(&self, resource: &str, namespace: &str, name: &str) -> Option<Value> {
        lock(&self.store).get(resources::named(resource), namespace, name)
    }

    /// The same for one that must be there.
    ///
    /// # Panics
    ///
    /// When it is not.
    pub(crate) fn get(&self, resource: &str, namespace: &str, name: &str) -> Value {
        self.find(resource, namespace, name).unwrap_or_else(|| panic!("no {resource} {namespace}/{name} in the cluster"))
    }

    /// All objects of a kind in their order.
    pub(crate) fn all(&self, resource: &str) -> Vec<Value> {
        lock(&self.store).all(resources::named(resource)).collect()
    }

    /// Changes an object; returns it as stored.
    ///
    /// # Panics
    ///
    /// When it is not there.
    pub(crate) fn edit(&self, resource: &str, namespace: &str, name: &str, change: impl FnOnce(&mut Value)) -> Value {
        let kind = resources::named(resource);
        let mut store = lock(&self.store);
        let found = store.get(kind, namespace, name);
        let mut object = found.unwrap_or_else(|| panic!("no {resource} {namespace}/{name} to edit"));
        change(&mut object);
        defaults::normalise(kind, &mut object);
        store.put(kind, object)
    }

    /// Takes an object away at once; returns what it was.
    pub(crate) fn remove(&self, resource: &str, namespace: &str, name: &str) -> Option<Value> {
        lock(&self.store).remove(resources::named(resource), namespace, name)
    }

    /// Binds a pod to a node as the scheduler does, and lets it run there.
    pub(crate) fn bind(&self, namespace: &str, pod: &str, node: &str) -> Value {
        self.edit("pods", namespace, pod, |pod| {
            binding::assign(pod, node);
            pod["status"]["phase"] = json!("Running");
        })
    }

    /// The answer of a kubelet to a graceful delete: the pod has stopped and goes.
    ///
    /// # Panics
    ///
    /// When nobody is deleting it.
    pub(crate) fn confirm_deletion(&self, namespace: &str, pod: &str) {
        let terminating = !self.get("pods", namespace, pod)["metadata"]["deletionTimestamp"].is_null();
        assert!(terminating, "nobody is deleting pod {namespace}/{pod}");
        self.remove("pods", namespace, pod);
    }

    /// The same for every terminating pod; returns how many went.
    pub(crate) fn confirm_deletions(&self) -> usize {
        let terminating = |pod: &Value| !pod["metadata"]["deletionTimestamp"].is_null();
        let pods: Vec<_> = self.all("pods").into_iter().filter(terminating).collect();
        for pod in &pods {
            self.remove("pods", text(pod, "namespace"), text(pod, "name"));
        }
        pods.len()
    }

    /// Lets deleted pods go at once from now on, as if their kubelets were instant.
    pub(crate) fn kubelets_confirm_at_once(&self) {
        lock(&self.store).pods_vanish = true;
    }

    /// One round of what the controller-manager does: node taints follow their conditions and their
    /// cordon, budgets count their pods.
    pub(crate) fn run_controllers(&self) {
        controllers::run(&mut lock(&self.store));
    }

    /// The version a list would have now.
    pub(crate) fn resource_version(&self) -> u64 {
        lock(&self.store).revision()
    }

    /// Ends the watches that are open, as a server does that restarts.
    pub(crate) fn end_watches(&self) {
        self.watch_epoch.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn watch_epoch(&self) -> usize {
        self.watch_epoch.load(Ordering::SeqCst)
    }

    /// The objects of a kind with the version that they have come to.
    pub(super) fn table(&self, resource: &Resource) -> (u64, Arc<Table>) {
        let store = lock(&self.store);
        (store.revision(), store.table(resource))
    }

    /// Every continue token given so far answers 410 from now on, and every older version to watch
    /// from.
    pub(crate) fn expire_continue_tokens(&self) {
        lock(&self.store).compact();
    }

    /// Lists with `resourceVersion=0` show the present state from now on, whatever happens next.
    pub(crate) fn freeze_cache(&self) {
        lock(&self.store).freeze_cache();
    }

    /// Ends [`freeze_cache`](Self::freeze_cache).
    pub(crate) fn thaw_cache(&self) {
        lock(&self.store).thaw_cache();
    }

    /// Every list page takes at least this long.
    pub(crate) fn pace(&self, latency: Duration) {
        *lock(&self.page_latency) = latency;
    }

    /// Makes a token for a user who may do what the rules say and nothing else.
    pub(crate) fn grant(&self, token: &str, user: &str, rules: &[Rule]) {
        lock(&self.access).grant(token, user, rules);
    }

    /// Makes a token unknown: 401 from now on.
    pub(crate) fn revoke(&self, token: &str) {
        lock(&self.access).revoke(token);
    }

    /// Adds a fault; of several that fit a call the oldest strikes.
    pub(crate) fn fault(&self, fault: Fault) {
        lock(&self.faults).push(fault);
    }

    /// Ends all faults.
    pub(crate) fn clear_faults(&self) {
        lock(&self.faults).clear();
    }

    /// Runs a closure once, just before the first call that the pattern picks is handled.
    pub(crate) fn before(&self, calls: CallPattern, action: impl FnOnce(&Self) + Send + 'static) {
        lock(&self.moments).push((calls, Box::new(action)));
    }

    /// Closures of [`before`](Self::before) that no call has reached yet.
    pub(crate) fn waiting_moments(&self) -> usize {
        lock(&self.moments).len()
    }

    /// Every call so far, in order of arrival.
    pub(crate) fn calls(&self) -> Vec<Call> {
        lock(&self.calls).clone()
    }

    /// The calls that were meant to change something.
    pub(crate) fn mutations(&self) -> Vec<Call> {
        lock(&self.calls).iter().filter(|call| call.is_mutation()).cloned().collect()
    }

    /// Starts the log anew.
    pub(crate) fn forget_calls(&self) {
        lock(&self.calls).clear();
    }

    pub(super) fn log(&self, request: &Request) -> usize {
        let user = lock(&self.access).user(request);
        let mut calls = lock(&self.calls);
        calls.push(Call::of(request, user));
        calls.len() - 1
    }

    /// A log begun anew in the meantime has no such entry.
    pub(super) fn log_answer(&self, number: usize, code: u16) {
        if let Some(call) = lock(&self.calls).get_mut(number) {
            call.status = Some(code);
        }
    }

    pub(super) fn answer(&self, request: &Request) -> Answer {
        let allowed = lock(&self.access).check(request);
        let review = || lock(&self.access).review(request);
        let outcome = allowed.and_then(|()| review().unwrap_or_else(|| handle(&mut lock(&self.store), request)));
        outcome.unwrap_or_else(super::answer::Refusal::into_answer)
    }

    pub(super) fn due_fault(&self, request: &Request) -> Option<Fault> {
        let mut faults = lock(&self.faults);
        let struck = faults.iter_mut().find_map(|fault| fault.strikes(request).then(|| fault.clone()));
        faults.retain(|fault| !fault.is_spent());
        struck
    }

    pub(super) fn due_moments(&self, request: &Request) -> Vec<Moment> {
        let mut moments = lock(&self.moments);
        let due = moments.extract_if(.., |(calls, _)| calls.picks(request) && calls.take_turn());
        due.map(|(_, action)| action).collect()
    }

    pub(super) fn moment_failed(&self) {
        self.moment_failed.store(true, Ordering::SeqCst);
    }

    /// Whether a closure of [`before`](Self::before) panicked.
    pub(super) fn has_failed_moment(&self) -> bool {
        self.moment_failed.load(Ordering::SeqCst)
    }

    pub(super) fn page_latency(&self) -> Duration {
        *lock(&self.page_latency)
    }
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Cluster").field("resource_version", &self.resource_version()).finish_non_exhaustive()
    }
}

fn place(store: &mut Store, object: Value) -> Value {
    let (resource, object) = completed(store, object);
    store.put(resource, object)
}

/// Gives a seeded object what every stored one has, and makes its namespace.
fn completed(store: &mut Store, mut object: Value) -> (&'static Resource, Value) {
    let resource: &'static Resource = resources::of_object(&object)
        .unwrap_or_else(|| panic!("{} {} is not served here", object["apiVersion"], object["kind"]));
    if resource.namespaced {
        if text(&object, "namespace").is_empty() {
            object["metadata"]["namespace"] = json!("default");
        }
        let namespaces = resources::named("namespaces");
        if !store.contains(namespaces, "", text(&object, "namespace")) {
            let name = text(&object, "namespace");
            let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            place(store, namespace);
        }
    }
    if text(&object, "uid").is_empty() {
        object["metadata"]["uid"] = json!(store.new_uid());
    }
    if text(&object, "creationTimestamp").is_empty() {
        object["metadata"]["creationTimestamp"] = json!(defaults::now());
    }
    if resource.plural == "namespaces" && object["status"].is_null() {
        object["status"] = json!({"phase": "Active"});
    }
    if resource.has_generation && object["metadata"]["generation"].is_null() {
        object["metadata"]["generation"] = json!(1);
    }
    defaults::normalise(resource, &mut object);
    (resource, object)
}
