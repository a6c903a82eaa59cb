//! Work that arrives over time, the launches that fail meanwhile and the instances that the cloud
//! takes back: the input of a simulation. Plain data, no I/O and no clock.
//!
//! Times are counted from the start of the simulation.

use std::collections::BTreeMap;

use crate::duration::Seconds;
use crate::snapshot::{DeviceClass, Gang, GroupId, Market, Pod, PodSpec, ResourceClaim, ResourceClaimTemplate, SpecId};

/// A trace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// Every distinct pod specification, by the id that the pods of this trace name.
    pub pod_specs: BTreeMap<SpecId, PodSpec>,
    /// The work, in the order in which it comes.
    pub work: Vec<Work>,
    /// The gangs that pods of the work name as [`Pod::gang`]. Each comes with the first of its
    /// pods, and its time of creation has no meaning here.
    pub gangs: Vec<Gang>,
    /// When groups cannot launch, in no order.
    pub outages: Vec<Outage>,
    /// When instances go that no plan removes, in no order.
    pub reclaims: Vec<Reclaim>,
    /// What its pods claim devices by.
    pub devices: TraceDevices,
}

/// Classes, templates and claims of devices that are there from the start on, beside those of the
/// cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TraceDevices {
    /// The DeviceClasses.
    pub classes: Vec<DeviceClass>,
    /// The templates from which claims are made with their pods.
    pub templates: Vec<ResourceClaimTemplate>,
    /// The claims that pods name, none of which has devices.
    pub claims: Vec<ResourceClaim>,
}

/// Pods that arrive together and are alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// When it arrives.
    pub at: Seconds,
    /// What each of its pods looks like. It is not bound, and its name is only the prefix of
    /// theirs. [`Pod::created_at`], the UID and the phase have no meaning here.
    pub pod: Pod,
    /// At most this many of its pods exist at a time.
    pub parallelism: u32,
    /// How many of its pods have to finish in all.
    pub completions: u32,
    /// How long each pod runs once it is bound, and that of a gang once its minimum is; absent for
    /// a service, which runs as long as the simulation.
    pub duration: Option<Seconds>,
    /// When what is left of it is deleted, after it has come; absent for work that is there until
    /// it ends. A service that is scaled down is several works, of which some end early.
    pub until: Option<Seconds>,
}

/// A period in which nothing can be launched. Each field that is given narrows it down; one without
/// any concerns every group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// The groups of this region.
    pub region: Option<String>,
    /// The groups of this name.
    pub group: Option<String>,
    /// Only this zone.
    pub zone: Option<String>,
    /// The start of the period.
    pub from: Seconds,
    /// The end of the period, exclusive.
    pub until: Seconds,
}

impl Outage {
    /// Whether it keeps a group from launching in a zone at that time.
    #[must_use]
    pub fn concerns(&self, group: &GroupId, zone: &str, at: Seconds) -> bool {
        (self.from..self.until).contains(&at)
            && is_or_open(self.region.as_ref(), &group.region)
            && is_or_open(self.group.as_ref(), &group.name)
            && is_or_open(self.zone.as_ref(), zone)
    }
}

/// Instances that go without a plan: the cloud takes spot instances back, and others fail. Each
/// field that is given narrows them down; without any they are all instances of the groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reclaim {
    /// When the cloud announces it.
    pub at: Seconds,
    /// The time from then until they end.
    pub notice: Seconds,
    /// Those of groups of this region.
    pub region: Option<String>,
    /// Those of groups of this name.
    pub group: Option<String>,
    /// Those in this zone.
    pub zone: Option<String>,
    /// Those that are paid for so.
    pub market: Option<Market>,
    /// How many at most; all of them when absent.
    pub count: Option<u32>,
}

impl Reclaim {
    /// Whether it may take an instance of a group in a zone.
    #[must_use]
    pub fn concerns(&self, group: &GroupId, zone: &str, market: Market) -> bool {
        is_or_open(self.region.as_ref(), &group.region)
            && is_or_open(self.group.as_ref(), &group.name)
            && is_or_open(self.zone.as_ref(), zone)
            && self.market.is_none_or(|wanted| wanted == market)
    }
}

fn is_or_open(wanted: Option<&String>, found: &str) -> bool {
    wanted.is_none_or(|wanted| wanted == found)
}
