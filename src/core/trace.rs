//! Work that arrives over time, and the launches that fail meanwhile: the input of a simulation.
//! Plain data, no I/O and no clock.
//!
//! Times are counted from the start of the simulation.

use std::collections::BTreeMap;

use crate::duration::Seconds;
use crate::snapshot::{DeviceClass, Gang, GroupId, Pod, PodSpec, ResourceClaim, ResourceClaimTemplate, SpecId};

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
        let is_or_open = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
        (self.from..self.until).contains(&at)
            && is_or_open(&self.region, &group.region)
            && is_or_open(&self.group, &group.name)
            && is_or_open(&self.zone, zone)
    }
}
