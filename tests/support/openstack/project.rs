//! One project of OpenStack, for one test.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread::{self, JoinHandle};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::calls::OpenStackCall;
use super::cluster::{MagnumCluster, NewCluster};
use super::fault::OpenStackFault;
use super::machine::OpenStackMachine;
use super::moment::OpenStackMoment;
use super::server::OpenStackAddresses;
use crate::support::admin_api::AdminApi;

/// A project of its own: no other test sees its clusters, machines, faults or calls.
pub(crate) struct OpenStackProject {
    admin: AdminApi,
    addresses: OpenStackAddresses,
    facts: ProjectFacts,
    /// Those who wait for the moments of this project.
    watches: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Clone, Deserialize)]
struct ProjectFacts {
    id: String,
    name: String,
    member: OpenStackPerson,
    reader: OpenStackPerson,
}

/// A user.
#[derive(Clone, Deserialize)]
pub(crate) struct OpenStackPerson {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) password: String,
}

/// An application credential of the project's member.
#[derive(Deserialize)]
pub(crate) struct ApplicationCredential {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) secret: String,
}

/// What the member lets a user do who has no role.
#[derive(Deserialize)]
pub(crate) struct OpenStackTrust {
    pub(crate) id: String,
    pub(crate) trustee: OpenStackPerson,
}

impl Drop for OpenStackProject {
    /// What a moment does must succeed.
    fn drop(&mut self) {
        let watches = self.watches.get_mut().map(std::mem::take).unwrap_or_default();
        let failed = watches.into_iter().filter(JoinHandle::is_finished).any(|watch| watch.join().is_err());
        assert!(!failed || thread::panicking(), "what was to be done before a call to OpenStack failed");
    }
}

impl OpenStackProject {
    pub(super) fn create(admin: AdminApi, addresses: OpenStackAddresses) -> Self {
        Self { admin, addresses, facts: admin.ask("project", &json!({})), watches: Mutex::default() }
    }

    pub(crate) fn id(&self) -> &str {
        &self.facts.id
    }

    pub(crate) fn name(&self) -> &str {
        &self.facts.name
    }

    /// The user with the role `member`.
    pub(crate) fn member(&self) -> &OpenStackPerson {
        &self.facts.member
    }

    /// The user with the role `reader`.
    pub(crate) fn reader(&self) -> &OpenStackPerson {
        &self.facts.reader
    }

    pub(crate) fn auth_url(&self) -> &str {
        &self.addresses.auth_url
    }

    pub(crate) fn region(&self) -> &str {
        &self.addresses.region
    }

    /// The URL that the catalog has for `identity`, `container-infra` or `compute`.
    pub(crate) fn endpoint(&self, service: &str) -> &str {
        &self.addresses.endpoints[service]
    }

    /// The URL of Heat, which ends in the project.
    pub(crate) fn heat_url(&self) -> String {
        self.endpoint("orchestration").replace("$(project_id)s", self.id())
    }

    /// The environment with which a child process signs in by password.
    pub(crate) fn env(&self, person: &OpenStackPerson) -> Vec<(&'static str, String)> {
        vec![
            ("OS_AUTH_URL", self.auth_url().to_owned()),
            ("OS_USERNAME", person.name.clone()),
            ("OS_PASSWORD", person.password.clone()),
            ("OS_USER_DOMAIN_NAME", "Default".to_owned()),
            ("OS_PROJECT_NAME", self.name().to_owned()),
            ("OS_PROJECT_DOMAIN_NAME", "Default".to_owned()),
            ("OS_REGION_NAME", self.region().to_owned()),
        ]
    }

    /// Makes an application credential of the member; `more` goes to Keystone as it is, e.g.
    /// `access_rules`.
    pub(crate) fn application_credential(&self, more: &Value) -> ApplicationCredential {
        self.ask("application-credential", json!({"credential": more}))
    }

    /// Makes a trust from the member to a user without a role.
    pub(crate) fn trust(&self) -> OpenStackTrust {
        self.ask("trust", json!({}))
    }

    /// A cluster of the project that is there.
    pub(crate) fn cluster_by_uuid(&self, uuid: &str) -> MagnumCluster<'_> {
        MagnumCluster::of(self, uuid)
    }

    /// A cluster to be described and then made with `create()`.
    pub(crate) fn cluster(&self, name: &str) -> NewCluster<'_> {
        NewCluster::named(self, name)
    }

    /// From the next sign-in on the catalog has Heat, which knows the clusters of its driver.
    pub(crate) fn add_heat(&self) {
        self.tell("heat", json!({}));
    }

    /// Requests to Magnum's conductor stay in its queue: 202, and nothing is seen of it.
    pub(crate) fn stop_conductor(&self) {
        self.tell("conductor/stop", json!({}));
    }

    pub(crate) fn let_conductor_go_on(&self) {
        self.tell("conductor/go-on", json!({}));
    }

    /// All machines of the project.
    pub(crate) fn machines(&self) -> Vec<OpenStackMachine> {
        self.ask("servers", json!({}))
    }

    /// Somebody deletes a machine in Nova; its group doesn't know.
    pub(crate) fn delete_machine(&self, id: &str) {
        self.tell("server/delete", json!({"server": id}));
    }

    /// Puts a machine into ERROR with these words.
    pub(crate) fn fail_machine(&self, id: &str, message: &str) {
        self.tell("server/change", json!({"server": id, "fault": message}));
    }

    /// Changes a machine: `status`, `task_state`, `zone`, `name`, `older_by` (seconds).
    pub(crate) fn change_machine(&self, id: &str, mut change: Value) {
        change["server"] = json!(id);
        self.tell("server/change", change);
    }

    /// Sets some of `maxTotalCores`, `maxTotalInstances`, `maxTotalRAMSize` (MiB); they hold for
    /// launches, too.
    pub(crate) fn set_limits(&self, limits: &Value) {
        self.tell("limits", json!({"limits": limits}));
    }

    /// Adds a flavor of the project's own: `id`, `name`, `vcpus`, `ram` (MiB), `disk` (GB),
    /// `extra_specs`.
    pub(crate) fn flavor(&self, flavor: Value) {
        self.tell("flavor", flavor);
    }

    /// Pages of Nova hold no more than this.
    pub(crate) fn shorten_pages(&self, most: u32) {
        self.tell("pages", json!({"most": most}));
    }

    /// Calls that match go wrong from now on; of several faults the oldest takes the call.
    pub(crate) fn fault(&self, fault: &OpenStackFault) {
        self.tell("fault", fault.wish());
    }

    pub(crate) fn clear_faults(&self) {
        self.tell("faults/clear", json!({}));
    }

    /// Does `action` before a call is answered; the call stands still meanwhile.
    pub(crate) fn before(&self, moment: &OpenStackMoment, action: impl FnOnce() + Send + 'static) {
        let answer: BTreeMap<String, u64> = self.ask("moment", moment.wish());
        let watch = self.admin.watch(json!({"project": self.id(), "moment": answer["moment"]}), action);
        self.watches.lock().expect("nobody failed").push(watch);
    }

    /// Another handle of the same project, for what a moment does.
    pub(crate) fn handle(&self) -> Self {
        let (addresses, facts) = (self.addresses.clone(), self.facts.clone());
        Self { admin: self.admin, addresses, facts, watches: Mutex::default() }
    }

    /// All calls so far to Keystone, Magnum and Nova with a token or a name of the project, in the
    /// order in which they came.
    pub(crate) fn calls(&self) -> Vec<OpenStackCall> {
        self.ask("calls", json!({}))
    }

    /// The calls that want to change something, whether they succeeded or not.
    pub(crate) fn mutations(&self) -> Vec<OpenStackCall> {
        let mut calls = self.calls();
        calls.retain(|call| call.mutation);
        calls
    }

    pub(crate) fn forget_calls(&self) {
        self.tell("calls/forget", json!({}));
    }

    fn tell(&self, verb: &str, wish: Value) {
        let _: Value = self.ask(verb, wish);
    }

    pub(super) fn ask<T: DeserializeOwned>(&self, verb: &str, mut wish: Value) -> T {
        wish["project"] = json!(self.id());
        self.admin.ask(verb, &wish)
    }
}
