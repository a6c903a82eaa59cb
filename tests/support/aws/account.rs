//! One AWS account on the emulator, for one test.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::activity::Activity;
use super::calls::Call;
use super::fault::Fault;
use super::group::{GroupSetUp, GroupState, NewGroup};
use super::instance::Instance;
use super::launches::{ActivityLag, LaunchDelay, LaunchFailure};
use super::moment::Moment;
use super::spot::SpotRequest;
use super::transition::Transition;
use crate::support::admin_api::AdminApi;

/// An account of its own: no other test sees its groups, faults or calls.
pub(crate) struct Account {
    admin: AdminApi,
    credentials: Credentials,
    /// Those who wait for the moments of this handle.
    watches: Mutex<Vec<JoinHandle<()>>>,
}

impl Drop for Account {
    /// What a moment does must succeed.
    fn drop(&mut self) {
        let watches = self.watches.get_mut().map(std::mem::take).unwrap_or_default();
        let failed = watches.into_iter().filter(JoinHandle::is_finished).any(|watch| watch.join().is_err());
        assert!(!failed || thread::panicking(), "what was to be done before a call to AWS failed");
    }
}

/// What `AssumeRole` into the account gave.
#[derive(Clone, Deserialize)]
pub(crate) struct Credentials {
    pub(crate) account: String,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: String,
}

impl Account {
    fn create(admin: AdminApi) -> Self {
        let credentials = admin.ask("account", &json!({}));
        Self { admin, credentials, watches: Mutex::default() }
    }

    /// A fresh account on another server with the same admin API.
    pub(crate) fn on_port(port: u16) -> Self {
        Self::create(AdminApi::at("AWS", port, "/moto-api/ec2-autoscale"))
    }

    /// The twelve digits.
    pub(crate) fn id(&self) -> &str {
        &self.credentials.account
    }

    pub(crate) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    pub(crate) fn endpoint_url(&self) -> String {
        self.admin.url()
    }

    /// The configuration that leads the AWS SDKs of this process here.
    pub(crate) fn sdk_config(&self, region: &str) -> aws_config::SdkConfig {
        let own = &self.credentials;
        let token = Some(own.session_token.clone());
        let keys = aws_sdk_autoscaling::config::Credentials::new(
            &own.access_key_id,
            &own.secret_access_key,
            token,
            None,
            "the test's account",
        );
        aws_config::SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::v2026_01_12())
            .region(aws_config::Region::new(region.to_owned()))
            .endpoint_url(self.endpoint_url())
            .credentials_provider(aws_sdk_autoscaling::config::SharedCredentialsProvider::new(keys))
            .build()
    }

    /// The environment that leads the AWS SDKs of a child process here and nowhere else.
    pub(crate) fn env(&self) -> Vec<(&'static str, String)> {
        let own = &self.credentials;
        vec![
            ("AWS_ENDPOINT_URL", self.endpoint_url()),
            ("AWS_ACCESS_KEY_ID", own.access_key_id.clone()),
            ("AWS_SECRET_ACCESS_KEY", own.secret_access_key.clone()),
            ("AWS_SESSION_TOKEN", own.session_token.clone()),
            ("AWS_REGION", "us-west-2".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            // A developer's own profiles must not take part.
            ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
        ]
    }

    /// An Auto Scaling Group to be described and then made with `create()`.
    pub(crate) fn group(&self, name: &str) -> NewGroup<'_> {
        NewGroup::named(self, name)
    }

    /// The group as it is now. Does not count as a look for `LaunchDelay::PendingForDescribes`.
    pub(crate) fn group_state(&self, region: &str, name: &str) -> GroupState {
        self.ask("group/state", json!({"region": region, "group": name}))
    }

    /// How the group is set up now.
    pub(crate) fn group_set_up(&self, region: &str, name: &str) -> GroupSetUp {
        self.ask("group/set-up", json!({"region": region, "group": name}))
    }

    /// Sets a tag as somebody else would.
    pub(crate) fn set_tag(&self, region: &str, name: &str, key: &str, value: &str) {
        self.tell("group/tag", json!({"region": region, "group": name, "key": key, "value": value}));
    }

    /// Changes the group's bounds as a person would; desired stays as it is.
    pub(crate) fn set_bounds(&self, region: &str, name: &str, min: u32, max: u32) {
        let wish = json!({"region": region, "group": name, "min": min, "max": max});
        self.tell("group/change", wish);
    }

    /// Suspends exactly these processes; with none given all are resumed.
    pub(crate) fn suspend(&self, region: &str, name: &str, processes: &[&str]) {
        let wish = json!({"region": region, "group": name, "suspended": processes});
        self.tell("group/change", wish);
    }

    /// Sets the desired capacity as somebody else would; it does not show among the account's
    /// calls.
    pub(crate) fn set_desired(&self, region: &str, name: &str, desired: u32) {
        let wish = json!({"region": region, "group": name, "desired": desired});
        self.tell("group/change", wish);
    }

    /// Instances of the group wait on this way until `proceed`.
    pub(crate) fn lifecycle_hook(&self, region: &str, name: &str, transition: Transition) {
        self.tell("group/hook", json!({"region": region, "group": name, "transition": transition.as_str()}));
    }

    /// The lifecycle action that an instance waits for is complete.
    pub(crate) fn proceed(&self, instance: &str) {
        self.tell("instance/proceed", json!({"instance": instance}));
    }

    /// Gives the group a warm pool with so many stopped instances.
    pub(crate) fn warm_pool(&self, region: &str, name: &str, size: u32) {
        self.tell("group/warm-pool", json!({"region": region, "group": name, "size": size}));
    }

    /// Writes an instance refresh that never happened; `status` as the API spells it.
    pub(crate) fn instance_refresh(&self, region: &str, name: &str, status: &str, percentage: u32) {
        let wish = json!({"region": region, "group": name, "status": status, "percentage": percentage});
        self.tell("group/refresh", wish);
    }

    /// Sets the status that a group has while it is being deleted ("Delete in progress").
    pub(crate) fn set_status(&self, region: &str, name: &str, status: &str) {
        let wish = json!({"region": region, "group": name, "status": status});
        self.tell("group/change", wish);
    }

    /// A new version of the group's launch template that has this type; returns its number.
    pub(crate) fn add_template_version(&self, region: &str, group: &str, instance_type: &str, make_default: bool) -> u64 {
        let launch = json!({"instance_type": instance_type});
        let wish = json!({"region": region, "group": group, "launch": launch, "default": make_default});
        let answer: BTreeMap<String, u64> = self.ask("template/version", wish);
        answer["version"]
    }

    /// From now on launches of all groups take this long.
    pub(crate) fn launch_delay(&self, delay: LaunchDelay) {
        self.tell("launches/delay", delay.wish());
    }

    /// From now on launches of this group take this long.
    pub(crate) fn launch_delay_of(&self, group: &str, delay: LaunchDelay) {
        let mut wish = delay.wish();
        wish["group"] = json!(group);
        self.tell("launches/delay", wish);
    }

    /// Ends all delays: what is Pending comes into service, what was only requested starts.
    pub(crate) fn release_launches(&self) {
        self.tell("launches/release", json!({}));
    }

    /// From now on launches that match fail.
    pub(crate) fn fail_launches(&self, failure: &LaunchFailure) {
        self.tell("launches/fail", failure.wish());
    }

    /// No launch fails any more; the gaps stay until the next request or `retry_launches`.
    pub(crate) fn mend_launches(&self) {
        self.tell("launches/mend", json!({}));
    }

    /// Auto Scaling tries again to fill every gap, as it does by itself every few minutes.
    pub(crate) fn retry_launches(&self) {
        self.tell("launches/retry", json!({}));
    }

    /// From now on instances stay in Terminating.
    pub(crate) fn hold_terminations(&self) {
        self.tell("terminations/hold", json!({}));
    }

    /// Instances in Terminating are gone, and from now on go at once.
    pub(crate) fn release_terminations(&self) {
        self.tell("terminations/release", json!({}));
    }

    /// From now on activities are listed later than what they tell of, as AWS's are.
    pub(crate) fn lag_activities(&self, lag: ActivityLag) {
        self.tell("activities/lag", lag.wish());
    }

    /// Every activity is listed, and from now on at once.
    pub(crate) fn release_activities(&self) {
        self.tell("activities/release", json!({}));
    }

    /// Writes a scaling activity that never happened.
    pub(crate) fn activity(&self, region: &str, group: &str, activity: &Activity) {
        self.tell("activity", activity.wish(region, group));
    }

    /// Launches, terminations and activities so far happened this much earlier.
    pub(crate) fn age(&self, by: Duration) {
        self.tell("age", json!({"seconds": by.as_secs()}));
    }

    /// Calls that match go wrong from now on; of several faults the oldest takes the call.
    pub(crate) fn fault(&self, fault: &Fault) {
        self.tell("fault", fault.wish());
    }

    pub(crate) fn clear_faults(&self) {
        self.tell("faults/clear", json!({}));
    }

    /// Pages hold no more than this, whatever is asked for: "the number of items can be smaller
    /// than what you asked for".
    pub(crate) fn short_pages(&self, most: u32) {
        self.tell("pages", json!({"most": most}));
    }

    /// Does `action` before a call is answered; the call stands still meanwhile. See [`Moment`].
    pub(crate) fn before(&self, moment: &Moment, action: impl FnOnce() + Send + 'static) {
        let answer: BTreeMap<String, u64> = self.ask("moment", moment.wish());
        let watch = self.admin.watch(json!({"account": self.id(), "moment": answer["moment"]}), action);
        self.watches.lock().expect("nobody failed").push(watch);
    }

    /// Another handle of the same account, for what a moment does.
    pub(crate) fn handle(&self) -> Self {
        Self { admin: self.admin, credentials: self.credentials.clone(), watches: Mutex::default() }
    }

    /// Every call of the account's credentials so far, in order of arrival.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.ask("calls", json!({}))
    }

    /// The calls that want to change something, whether they succeeded or not.
    pub(crate) fn mutations(&self) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(|call| call.mutation);
        calls
    }

    pub(crate) fn forget_calls(&self) {
        self.tell("calls/forget", json!({}));
    }

    /// What a Node object of this instance has to say: id, zone, type, addresses.
    pub(crate) fn register_spec(&self, instance: &str) -> Instance {
        self.ask("instance", json!({"instance": instance}))
    }

    pub(crate) fn set_launch_time(&self, instance: &str, at: jiff::Timestamp) {
        let wish = json!({"instance": instance, "at": at.to_string()});
        self.tell("instance/launch-time", wish);
    }

    /// Protects an instance from scale-in, or no longer.
    pub(crate) fn protect(&self, instance: &str, protected: bool) {
        self.tell("instance/protect", json!({"instance": instance, "protected": protected}));
    }

    /// Puts an instance into Standby, Warmed:Stopped and the like, without the machinery behind it.
    pub(crate) fn set_lifecycle_state(&self, instance: &str, state: &str) {
        let wish = json!({"instance": instance, "lifecycle_state": state});
        self.tell("instance/state", wish);
    }

    /// The instance is gone without Auto Scaling's doing; it is replaced at once.
    pub(crate) fn lose_instance(&self, instance: &str) {
        self.tell("instance/lose", json!({"instance": instance}));
    }

    /// A status check of the instance fails from now on.
    pub(crate) fn impair(&self, instance: &str) {
        self.tell("instance/impair", json!({"instance": instance}));
    }

    /// What EC2 says of an instance ("stopped", "terminated"), whether a group has it or not; Auto
    /// Scaling does not notice.
    pub(crate) fn set_machine_state(&self, instance: &str, state: &str) {
        self.tell("instance/machine", json!({"instance": instance, "state": state}));
    }

    /// EC2 does not know the instance any more, as about an hour after its end.
    pub(crate) fn forget_instance(&self, instance: &str) {
        self.tell("instance/forget", json!({"instance": instance}));
    }

    /// A spot price in US dollars an hour; without any the history is empty.
    pub(crate) fn spot_price(&self, zone: &str, instance_type: &str, price: &str, at: jiff::Timestamp) {
        let region = zone.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
        let wish = json!({
            "region": region, "zone": zone, "instance_type": instance_type,
            "price": price, "at": at.to_string(),
        });
        self.tell("spot/price", wish);
    }

    /// A waiting request of a group whose launch configuration names a spot price; returns its id.
    pub(crate) fn spot_request(&self, request: &SpotRequest) -> String {
        let answer: BTreeMap<String, String> = self.ask("spot/request", request.wish());
        answer["id"].clone()
    }

    /// Sets the clock that the answers of a region show, so many seconds ahead of this machine's.
    /// Only the stand-in has one.
    pub(crate) fn set_clock_ahead(&self, region: &str, seconds: i64) {
        self.tell("clock", json!({"region": region, "ahead": seconds}));
    }

    pub(super) fn tell(&self, verb: &str, wish: Value) {
        let _: Value = self.ask(verb, wish);
    }

    pub(super) fn ask<T: serde::de::DeserializeOwned>(&self, verb: &str, mut wish: Value) -> T {
        wish["account"] = json!(self.id());
        self.admin.ask(verb, &wish)
    }
}
