//! The figures of a report one by one, by which two reports are compared.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::Report;
use super::gangs::GangFigures;
use super::money::Usd;
use crate::duration::Seconds;

/// A figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Figure {
    /// Half of the pods waited at most so long.
    WaitP50,
    /// 95 of 100 pods.
    WaitP95,
    /// 99 of 100 pods.
    WaitP99,
    /// The longest wait of a pod that got a node.
    WaitMax,
    /// The mean wait of all pods, those that never got a node to the end, too.
    WaitMean,
    /// Pods that never got a node.
    NeverBound,
    /// Half of the gangs waited at most so long until they ran.
    GangWaitP50,
    /// 95 of 100 gangs.
    GangWaitP95,
    /// The longest wait of a gang that ran.
    GangWaitMax,
    /// Gangs that never ran.
    GangsNeverStarted,
    /// Instance time for gangs that could not start.
    TornGangHours,
    /// Instance time for CapacityBuffers alone.
    BufferHours,
    /// From the first pod to the end of the last.
    Makespan,
    /// Pods cut off by the end of the simulation.
    Unfinished,
    /// What all instances cost.
    Cost,
    /// How much of it was for idle time.
    IdleCost,
    /// How much of it was for spot instances.
    SpotCost,
    /// How much of it was on demand.
    OnDemandCost,
    /// Instance time.
    NodeHours,
    /// How much of it was idle.
    IdleNodeHours,
    /// Requested ÷ offered.
    Utilisation,
    /// Most nodes at a time.
    PeakNodes,
    /// Most pods that waited at a time.
    PeakWaiting,
    /// Instances that were ever there.
    Instances,
    /// Launches that failed.
    FailedLaunches,
    /// Instances that another policy might have spared.
    Flaps,
    /// Spot instances that the cloud took back.
    Interruptions,
    /// Evictions by drains.
    Evictions,
    /// Work that was done in vain.
    LostWork,
}

/// The direction in which a figure is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// The less the better.
    Less,
    /// The more the better.
    More,
    /// Neither is better.
    Indifferent,
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Things.
    Count,
    /// Seconds.
    Seconds,
    /// Seconds of single instances, added up.
    InstanceSeconds,
    /// Millionths of a US dollar.
    MicroUsd,
    /// Thousandths of a whole.
    PerMille,
}

/// A number with its unit; below 0 only where it is a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// What it counts.
    pub unit: Unit,
    /// How many.
    pub number: i64,
}

/// A figure of a report, with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureLine {
    /// Which.
    pub figure: Figure,
    /// Of which resource, where it is one of several.
    pub resource: Option<String>,
    /// What it is; absent where it has no meaning or is not known.
    pub amount: Option<Amount>,
}

impl Report {
    /// Returns its figures, those that matter most first.
    #[must_use]
    pub fn figures(&self) -> Vec<FigureLine> {
        use Figure as F;
        let (pods, total) = (&self.pods, &self.total);
        let on_demand = total.cost.zip(total.spot_cost).map(|(all, spot)| Usd::from_micros(all.micros() - spot.micros()));
        let wait = |of: fn(&super::Waits) -> Seconds| self.waits.as_ref().map(|waits| Amount::time(of(waits)));
        let of_gangs = |of: &dyn Fn(&GangFigures) -> Amount| self.gangs.as_ref().map(of);
        let gang_wait =
            |of: fn(&super::Waits) -> Seconds| self.gangs.as_ref()?.waits.as_ref().map(|waits| Amount::time(of(waits)));
        let line = |figure, amount| FigureLine { figure, resource: None, amount };
        let count = |figure, number: u32| line(figure, Some(Amount::count(number)));
        let mut lines = vec![
            line(F::WaitP50, wait(|waits| waits.p50)),
            line(F::WaitP95, wait(|waits| waits.p95)),
            line(F::WaitP99, wait(|waits| waits.p99)),
            line(F::WaitMax, wait(|waits| waits.max)),
            line(F::WaitMean, pods.mean_wait().map(Amount::time)),
            count(F::NeverBound, pods.never_bound),
            line(F::GangWaitP50, gang_wait(|waits| waits.p50)),
            line(F::GangWaitP95, gang_wait(|waits| waits.p95)),
            line(F::GangWaitMax, gang_wait(|waits| waits.max)),
            line(F::GangsNeverStarted, of_gangs(&|gangs| Amount::count(gangs.never_started))),
            line(F::TornGangHours, of_gangs(&|gangs| Amount::instance_time(gangs.instance_time))),
            line(F::BufferHours, self.held_for_buffers.map(Amount::instance_time)),
            line(F::Makespan, self.makespan.map(Amount::time)),
            count(F::Unfinished, pods.unfinished),
            line(F::Cost, total.cost.map(Amount::money)),
            line(F::IdleCost, total.idle_cost.map(Amount::money)),
            line(F::SpotCost, total.spot_cost.map(Amount::money)),
            line(F::OnDemandCost, on_demand.map(Amount::money)),
            line(F::NodeHours, Some(Amount::instance_time(total.time))),
            line(F::IdleNodeHours, Some(Amount::instance_time(total.idle_time))),
        ];
        lines.extend(self.utilisation.iter().map(|of| FigureLine {
            figure: F::Utilisation,
            resource: Some(of.resource.clone()),
            amount: Some(Amount { unit: Unit::PerMille, number: of.per_mille.into() }),
        }));
        lines.extend([
            count(F::PeakNodes, self.peak_nodes),
            count(F::PeakWaiting, pods.peak_waiting),
            count(F::Instances, total.instances),
            count(F::FailedLaunches, total.failed_launches),
            count(F::Flaps, total.flaps.sum()),
            count(F::Interruptions, total.interruptions),
            count(F::Evictions, pods.evictions),
            line(F::LostWork, Some(Amount::time(pods.lost_work))),
        ]);
        lines
    }
}

impl Figure {
    /// Returns the direction in which it is better.
    #[must_use]
    pub fn wish(self) -> Wish {
        match self {
            Self::WaitP50
            | Self::WaitP95
            | Self::WaitP99
            | Self::WaitMax
            | Self::WaitMean
            | Self::NeverBound
            | Self::GangWaitP50
            | Self::GangWaitP95
            | Self::GangWaitMax
            | Self::GangsNeverStarted
            | Self::TornGangHours
            | Self::BufferHours
            | Self::Makespan
            | Self::Unfinished
            | Self::Cost
            | Self::IdleCost
            | Self::NodeHours
            | Self::IdleNodeHours
            | Self::PeakWaiting
            | Self::FailedLaunches
            | Self::Flaps
            | Self::Interruptions
            | Self::Evictions
            | Self::LostWork => Wish::Less,
            Self::Utilisation => Wish::More,
            Self::SpotCost | Self::OnDemandCost | Self::PeakNodes | Self::Instances => Wish::Indifferent,
        }
    }
}

/// Writes a few words, without those of the resource.
impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WaitP50 => "wait, p50",
            Self::WaitP95 => "wait, p95",
            Self::WaitP99 => "wait, p99",
            Self::WaitMax => "wait, longest",
            Self::WaitMean => "wait, mean of all pods",
            Self::NeverBound => "pods without a node to the end",
            Self::GangWaitP50 => "wait of gangs, p50",
            Self::GangWaitP95 => "wait of gangs, p95",
            Self::GangWaitMax => "wait of gangs, longest",
            Self::GangsNeverStarted => "gangs that never ran",
            Self::TornGangHours => "node-hours for gangs that could not start",
            Self::BufferHours => "node-hours held for buffers",
            Self::Makespan => "makespan",
            Self::Unfinished => "pods cut off by the end",
            Self::Cost => "costs",
            Self::IdleCost | Self::IdleNodeHours => "of that idle",
            Self::SpotCost => "of that spot",
            Self::OnDemandCost => "of that on demand",
            Self::NodeHours => "node-hours",
            Self::Utilisation => "utilisation",
            Self::PeakNodes => "most nodes at a time",
            Self::PeakWaiting => "most pods waiting at a time",
            Self::Instances => "instances",
            Self::FailedLaunches => "failed launches",
            Self::Flaps => "flaps",
            Self::Interruptions => "spot interruptions",
            Self::Evictions => "evictions",
            Self::LostWork => "lost work",
        })
    }
}

impl fmt::Display for FigureLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.resource {
            Some(resource) => write!(f, "{}, {resource}", self.figure),
            None => self.figure.fmt(f),
        }
    }
}

impl Amount {
    fn count(number: u32) -> Self {
        Self { unit: Unit::Count, number: number.into() }
    }

    fn time(time: Seconds) -> Self {
        Self { unit: Unit::Seconds, number: signed(time.0) }
    }

    fn instance_time(time: Seconds) -> Self {
        Self { unit: Unit::InstanceSeconds, number: signed(time.0) }
    }

    fn money(money: Usd) -> Self {
        Self { unit: Unit::MicroUsd, number: signed(money.micros()) }
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Writes an amount for people: `12`, `4m 10s`, `96.3`, `$12.40`, `61.2 %`, with a minus sign where
/// it is below 0.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.number.unsigned_abs();
        f.write_str(if self.number < 0 { "−" } else { "" })?;
        match self.unit {
            Unit::Count => write!(f, "{magnitude}"),
            Unit::Seconds => Seconds(magnitude).fmt(f),
            Unit::InstanceSeconds => {
                let tenths = (magnitude * 10 + 1800) / 3600;
                write!(f, "{}.{}", tenths / 10, tenths % 10)
            }
            Unit::MicroUsd => Usd::from_micros(magnitude).fmt(f),
            Unit::PerMille => write!(f, "{}.{} %", magnitude / 10, magnitude % 10),
        }
    }
}
