//! What a day cost, whichever way it was lived.

use std::fmt::Write as _;
use std::time::Duration;

use ec2_autoscale::simulate::History;
use ec2_autoscale::snapshot::{Group, Snapshot};

use super::cloud::InstanceLife;
use super::machines::Machines;

const HOUR: f64 = 3600.0;

/// The figures of a day.
pub(super) struct Figures {
    paid: Vec<Paid>,
    groups: Vec<GroupFigures>,
    /// Sorted.
    waits: Vec<Duration>,
    without_node: usize,
}

/// Those of a group.
struct GroupFigures {
    name: String,
    time: Duration,
    launches: usize,
    pods: usize,
    usd_per_hour: f64,
}

/// Which way an instance was there: its group, and from when to when.
type Paid = (usize, Duration, Duration);

impl Figures {
    /// Returns those of a history.
    pub(super) fn simulated(history: &History, start: &Snapshot) -> Self {
        let seconds = |time: ec2_autoscale::duration::Seconds| Duration::from_secs(time.0);
        let until = seconds(history.lasted);
        let paid = history.instances.iter().map(|instance| {
            let ended = instance.ended.map_or(until, |(at, _)| seconds(at));
            (instance.group, seconds(instance.launched_at), ended)
        });
        let pods: Vec<_> =
            history.pods.iter().map(|pod| (pod.first_bound_at.map(|_| seconds(pod.waited)), pod.group)).collect();
        Self::new(paid.collect(), &pods, start)
    }

    /// Returns those of a day in real time.
    pub(super) fn lived(lives: &[InstanceLife], machines: &Machines<'_>, start: &Snapshot, until: Duration) -> Self {
        let paid = lives.iter().map(|life| (life.group, life.launched, life.ended.unwrap_or(until).min(until)));
        let pods: Vec<_> = machines.pods().map(|pod| (pod.wait(), pod.bound.map(|(_, group)| group))).collect();
        Self::new(paid.collect(), &pods, start)
    }

    fn new(mut paid: Vec<Paid>, pods: &[(Option<Duration>, Option<usize>)], start: &Snapshot) -> Self {
        paid.sort_unstable();
        let group = |(place, group): (usize, &Group)| {
            let its = || paid.iter().filter(|(its, ..)| *its == place);
            GroupFigures {
                name: group.id.name.clone(),
                time: its().map(|(_, launched, ended)| ended.saturating_sub(*launched)).sum(),
                launches: its().count(),
                pods: pods.iter().filter(|(_, its)| *its == Some(place)).count(),
                usd_per_hour: price_of(group, start),
            }
        };
        let mut waits: Vec<Duration> = pods.iter().filter_map(|(wait, _)| *wait).collect();
        waits.sort_unstable();
        let without_node = pods.len() - waits.len();
        let groups = start.groups.iter().enumerate().map(group).collect();
        Self { paid, groups, waits, without_node }
    }

    /// Returns from when to when instances were there, in minutes of the day, a line each.
    pub(super) fn lives(&self) -> String {
        let minutes = |time: Duration| time.as_secs_f64() / 60.0;
        let line = |(group, from, to): &Paid| {
            format!(
                "{:<10} {:7.1} {:7.1} {:6.1}\n",
                self.groups[*group].name,
                minutes(*from),
                minutes(*to),
                minutes(to.saturating_sub(*from))
            )
        };
        self.paid.iter().map(line).collect()
    }

    fn hours(&self) -> f64 {
        self.groups.iter().map(GroupFigures::hours).sum()
    }

    fn dollars(&self) -> f64 {
        self.groups.iter().map(|group| group.hours() * group.usd_per_hour).sum()
    }

    /// Returns by how many percent there are more node-hours here.
    pub(super) fn apart(&self, other: &Self) -> f64 {
        percent(self.hours(), other.hours())
    }

    /// Returns the wait at a percentile by nearest rank, in seconds.
    fn wait(&self, percent: usize) -> f64 {
        let rank = (self.waits.len() * percent).div_ceil(100).max(1);
        self.waits.get(rank - 1).copied().unwrap_or_default().as_secs_f64()
    }
}

impl GroupFigures {
    fn hours(&self) -> f64 {
        self.time.as_secs_f64() / HOUR
    }
}

fn price_of(group: &Group, start: &Snapshot) -> f64 {
    let machine_type = &group.launch_options[0].machine_type;
    let prices = start.prices.as_ref().expect("the bundled day has prices");
    let price = prices.iter().find(|price| price.region == *group.id.region && price.machine_type == *machine_type);
    let micros = price.expect("each group of the bundled day has a price").usd_per_hour.micros();
    f64::from(u32::try_from(micros).expect("machines of the bundled day cost less than 4,000 dollars an hour")) / 1e6
}

fn percent(lived: f64, simulated: f64) -> f64 {
    if simulated > 0.0 { (lived - simulated) * 100.0 / simulated } else { 0.0 }
}

/// Returns both days side by side.
pub(super) fn table(simulated: &Figures, lived: &Figures) -> String {
    let mut text = "GROUP      node-hours: simulated, lived, apart; launches; pods\n".to_owned();
    for (one, other) in simulated.groups.iter().zip(&lived.groups) {
        let (a, b) = (one.hours(), other.hours());
        let _ = writeln!(
            text,
            "{:<10} {a:7.2} {b:7.2} {:+6.1} %  {:3} {:3}  {:4} {:4}",
            one.name,
            percent(b, a),
            one.launches,
            other.launches,
            one.pods,
            other.pods
        );
    }
    let (a, b) = (simulated.hours(), lived.hours());
    let _ = writeln!(text, "in all     {a:7.2} {b:7.2} {:+6.1} %", percent(b, a));
    let (a, b) = (simulated.dollars(), lived.dollars());
    let _ = writeln!(text, "dollars    {a:7.2} {b:7.2} {:+6.1} %", percent(b, a));
    for rank in [50, 95, 99] {
        let _ = writeln!(text, "wait, p{rank}  {:6.0}s {:6.0}s", simulated.wait(rank), lived.wait(rank));
    }
    let _ = writeln!(text, "no node    {:7} {:7}", simulated.without_node, lived.without_node);
    text
}
