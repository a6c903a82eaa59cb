//! The time and the cost of instances, by group and in sum.

use schemars::JsonSchema;
use serde::Serialize;

use super::flaps::Flaps;
use super::money::{Spending, Usd};
use crate::duration::Seconds;
use crate::simulate::{Departure, History, InstanceStory};
use crate::snapshot::GroupId;

/// Instances and what they cost. The time of one goes from its launch to its end, or to that of the
/// simulation: what the cloud bills, except that it bills at least a minute. Amounts of money are
/// absent where a price is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Account {
    /// How many instances were ever there.
    pub instances: u32,
    /// Their time, in seconds.
    pub time: Seconds,
    /// How much of it without a pod that is no DaemonSet's: while they started, too.
    pub idle_time: Seconds,
    /// How much of the time was that of spot instances.
    pub spot_time: Seconds,
    /// How much of the time was in reservations, which are paid for in any case and cost nothing
    /// here.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub reserved_time: Seconds,
    /// What that time would have cost on demand, as far as prices are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserved_worth: Option<Usd>,
    /// What they cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Usd>,
    /// How much of that was for idle time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_cost: Option<Usd>,
    /// How much of it was for spot instances; the rest was on demand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spot_cost: Option<Usd>,
    /// Spot instances that the cloud took back.
    pub interruptions: u32,
    /// Launches that failed.
    pub failed_launches: u32,
    /// Instances that another policy might have spared.
    pub flaps: Flaps,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_nothing(time: &Seconds) -> bool {
    time.0 == 0
}

/// The account of one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GroupAccount {
    /// The group.
    #[serde(flatten)]
    pub group: GroupId,
    /// Pods that ran there, by the node they had last.
    pub pods: u32,
    /// Most nodes that were Ready at a time.
    pub peak_nodes: u32,
    /// Its instances.
    #[serde(flatten)]
    pub account: Account,
}

/// Returns the accounts of all groups, in the order of the snapshot, their sum, and the groups that
/// its money leaves out.
pub(super) fn accounts(history: &History) -> (Vec<GroupAccount>, Account, Vec<GroupId>) {
    let has_prices = history.instances.iter().any(|instance| instance.price.is_some());
    let (mut sum, mut groups, mut unpriced) = (AccountSum::default(), Vec::new(), Vec::new());
    for (place, group) in history.groups.iter().enumerate() {
        let tally = AccountSum::for_group(history, place);
        if !tally.is_priced {
            unpriced.push(group.clone());
        }
        sum.add(&tally);
        groups.push(GroupAccount {
            group: group.clone(),
            pods: number(history.pods.iter().filter(|pod| pod.group == Some(place)).count()),
            peak_nodes: history.samples.iter().map(|sample| sample.nodes[place]).max().unwrap_or(0),
            account: tally.account(has_prices),
        });
    }
    sum.is_priced = true;
    (groups, sum.account(has_prices), unpriced)
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// An account that is being summed up.
#[derive(Clone)]
struct AccountSum {
    /// Everything but the money.
    account: Account,
    /// Whether the price of each instance is known.
    is_priced: bool,
    cost: Spending,
    idle_cost: Spending,
    spot_cost: Spending,
    reserved_worth: Spending,
}

impl Default for AccountSum {
    fn default() -> Self {
        let nothing = Spending::default();
        Self {
            account: Account::default(),
            is_priced: true,
            cost: nothing,
            idle_cost: nothing,
            spot_cost: nothing,
            reserved_worth: nothing,
        }
    }
}

impl AccountSum {
    /// Returns the account of one group.
    fn for_group(history: &History, group: usize) -> Self {
        let instances = || history.instances.iter().filter(|instance| instance.group == group);
        let mut tally = Self::default();
        instances().for_each(|instance| tally.count(instance, history.lasted));
        tally.account.failed_launches = history.failed_launches.get(group).copied().unwrap_or(0);
        tally.account.flaps = Flaps::among(instances());
        tally
    }

    fn count(&mut self, instance: &InstanceStory, lasted: Seconds) {
        let time = life(instance, lasted);
        let idle = Seconds(time.0.saturating_sub(instance.busy.0));
        self.account.instances += 1;
        self.account.time.0 += time.0;
        self.account.idle_time.0 += idle.0;
        self.account.spot_time.0 += if instance.spot { time.0 } else { 0 };
        self.account.interruptions += u32::from(matches!(instance.ended, Some((_, Departure::Interrupted))));
        self.account.reserved_time.0 += if instance.reserved { time.0 } else { 0 };
        self.reserved_worth += Spending::for_time(instance.worth.unwrap_or_default(), time);
        let Some(price) = instance.price else {
            self.is_priced = false;
            return;
        };
        self.cost += Spending::for_time(price, time);
        self.idle_cost += Spending::for_time(price, idle);
        self.spot_cost += Spending::for_time(price, if instance.spot { time } else { Seconds(0) });
    }

    /// Adds a group to the sum; its money only where all of it is known.
    fn add(&mut self, group: &Self) {
        let (sum, added) = (&mut self.account, &group.account);
        sum.instances += added.instances;
        sum.time.0 += added.time.0;
        sum.idle_time.0 += added.idle_time.0;
        sum.spot_time.0 += added.spot_time.0;
        sum.reserved_time.0 += added.reserved_time.0;
        sum.interruptions += added.interruptions;
        sum.failed_launches += added.failed_launches;
        sum.flaps.add(added.flaps);
        if group.is_priced {
            self.cost += group.cost;
            self.idle_cost += group.idle_cost;
            self.spot_cost += group.spot_cost;
            self.reserved_worth += group.reserved_worth;
        }
    }

    fn account(self, has_prices: bool) -> Account {
        let rounded = |spending: Spending| (has_prices && self.is_priced).then(|| spending.rounded());
        Account {
            cost: rounded(self.cost),
            idle_cost: rounded(self.idle_cost),
            spot_cost: rounded(self.spot_cost),
            reserved_worth: rounded(self.reserved_worth).filter(|_| self.account.reserved_time.0 > 0),
            ..self.account
        }
    }
}

/// Returns the time from the launch to the end.
pub(super) fn life(instance: &InstanceStory, lasted: Seconds) -> Seconds {
    let end = instance.ended.map_or(lasted, |(at, _)| at);
    Seconds(end.0.saturating_sub(instance.launched_at.0))
}
