//! Launches nodes in zones that are named, and elsewhere those that do not come there: in another
//! zone of the group, then in another group, within what the plan lists.

mod in_zone;

use std::collections::{BTreeMap, BTreeSet};

use self::in_zone::{ZoneAnswer, ZoneRequest, launch_in_zone};
use super::set_desired::{may_grow, set_desired};
use crate::apply::cloud::{check_region, read_group};
use crate::apply::step_context::StepContext;
use crate::apply::{CameInGroup, Ending, Obstacle, StepOutcome};
use crate::cloud::LaunchFailureCode;
use crate::plan::{LaunchElsewhere, ZoneLaunch, count};
use crate::snapshot::GroupId;

/// The most instances that one request launches: AWS takes no more.
const MOST_AT_ONCE: u32 = 100;

/// What a step launches.
pub(in crate::apply) struct NamedLaunch<'a> {
    pub(in crate::apply) group: &'a GroupId,
    pub(in crate::apply) from: i64,
    pub(in crate::apply) to: i64,
    pub(in crate::apply) zones: &'a [ZoneLaunch],
    pub(in crate::apply) subnets: &'a BTreeMap<String, Vec<String>>,
    pub(in crate::apply) otherwise: &'a [LaunchElsewhere],
}

/// Launches the nodes, if the group is still as the plan saw it.
pub(in crate::apply) async fn launch(context: &StepContext<'_>, step: &NamedLaunch<'_>) -> Result<Ending, Obstacle> {
    check_region(context, &step.group.region)?;
    may_grow(&read_group(context, step.group).await?, step.from, step.to)?;
    let mut tally = LaunchTally::default();
    let ending = launch_all(context, step, &mut tally).await.unwrap_or_else(Ending::from);
    Ok(Ending { came: tally.came, ..ending })
}

async fn launch_all(context: &StepContext<'_>, step: &NamedLaunch<'_>, tally: &mut LaunchTally) -> Result<Ending, Obstacle> {
    let mut own = GroupInTurn::new(step.group, step.from);
    let mut missing = 0;
    for launch in step.zones {
        let came = match own.launch(context, &launch.zone, step.subnets, launch.nodes, tally).await {
            // Somebody changed the group after the first nodes came.
            Err(Obstacle::Skipped(why)) if own.came > 0 => {
                tally.refused(step.group, &why.to_string());
                own.is_closed = true;
                0
            }
            outcome => outcome?,
        };
        missing += launch.nodes - came;
    }
    let wanted: u32 = step.zones.iter().map(|launch| launch.nodes).sum();
    if missing == wanted && own.takes_a_number_only {
        return set_desired(context, step.group, step.from, step.to).await.map(|ending| tally.by_number(ending));
    }
    for place in step.otherwise {
        if missing == 0 || context.why_stop().is_some() {
            break;
        }
        let mut another = GroupInTurn::new(&place.group, place.from);
        let group = if place.group == *step.group { &mut own } else { &mut another };
        missing -= launch_elsewhere(context, place, missing, group, tally).await?;
    }
    tally.ending(wanted, missing)
}

/// Launches nodes in another place, and returns how many come. What is not possible there is left
/// to the next place.
async fn launch_elsewhere(
    context: &StepContext<'_>,
    place: &LaunchElsewhere,
    missing: u32,
    group: &mut GroupInTurn<'_>,
    tally: &mut LaunchTally,
) -> Result<u32, Obstacle> {
    let nodes = missing.min(place.nodes);
    if place.zones.is_empty() {
        let to = place.from.saturating_add(i64::from(nodes));
        return match set_desired(context, &place.group, place.from, to).await {
            Ok(_) => {
                tally.elsewhere(nodes, &place.group.to_string());
                tally.came_in(&place.group, place.from, nodes);
                Ok(nodes)
            }
            Err(obstacle @ Obstacle::NotReached(_)) => Err(obstacle),
            Err(obstacle) => {
                tally.refused(&place.group, &StepOutcome::from(obstacle).to_string());
                Ok(0)
            }
        };
    }
    let mut left = nodes;
    for zone in &place.zones {
        if left == 0 {
            break;
        }
        let came = match group.launch(context, zone, &place.subnets, left, tally).await {
            Err(Obstacle::Skipped(why)) => {
                tally.refused(&place.group, &why.to_string());
                break;
            }
            outcome => outcome?,
        };
        tally.elsewhere(came, &format!("{zone} of {}", place.group));
        left -= came;
    }
    Ok(nodes - left)
}

/// A group while a step launches in it.
struct GroupInTurn<'a> {
    group: &'a GroupId,
    /// Its desired capacity in the plan.
    from: i64,
    /// What came by this step.
    came: i64,
    /// The zones that have no more.
    spent: BTreeSet<String>,
    /// Whether another zone of it would not do, either.
    is_closed: bool,
    /// Whether the cloud takes a number of nodes only.
    takes_a_number_only: bool,
}

impl<'a> GroupInTurn<'a> {
    fn new(group: &'a GroupId, from: i64) -> Self {
        Self { group, from, came: 0, spent: BTreeSet::new(), is_closed: false, takes_a_number_only: false }
    }

    /// Launches nodes in one zone, and returns how many come.
    async fn launch(
        &mut self,
        context: &StepContext<'_>,
        zone: &str,
        subnets: &BTreeMap<String, Vec<String>>,
        nodes: u32,
        tally: &mut LaunchTally,
    ) -> Result<u32, Obstacle> {
        let mut left = nodes;
        let mut subnets = subnets.get(zone).into_iter().flatten().map(String::as_str).peekable();
        while left > 0 && !self.is_closed && !self.spent.contains(zone) {
            check_region(context, &self.group.region)?;
            let request = ZoneRequest {
                group: self.group,
                zone,
                subnet: subnets.peek().copied(),
                nodes: left.min(MOST_AT_ONCE),
                desired: self.from..=self.from + self.came,
            };
            let (asked, came, failures) = match launch_in_zone(context, &request).await? {
                ZoneAnswer::Came { nodes, failures } => (request.nodes, nodes, failures),
                ZoneAnswer::OtherWay(words) => {
                    (self.is_closed, self.takes_a_number_only) = (true, true);
                    tally.refused(self.group, &words);
                    break;
                }
            };
            left -= came.min(left);
            self.came += i64::from(came);
            tally.came_in(self.group, self.from, came);
            for failure in &failures {
                tally.failed(zone, &failure.words);
            }
            self.is_closed |= failures.iter().any(|failure| !failure.code.is_about_zone());
            let is_full = failures.iter().any(|failure| failure.code == LaunchFailureCode::NoRoom);
            let has_another_subnet = is_full && subnets.next().is_some() && subnets.peek().is_some();
            if came < asked && !has_another_subnet {
                self.spent.insert(zone.to_owned());
            }
        }
        Ok(nodes - left)
    }
}

/// What a step did, for its report.
#[derive(Default)]
struct LaunchTally {
    /// Where nodes came that were not planned there.
    elsewhere: Vec<String>,
    /// Why nodes did not come, each reason once.
    words: Vec<String>,
    /// The groups in which nodes came, each once.
    came: Vec<CameInGroup>,
}

impl LaunchTally {
    fn came_in(&mut self, group: &GroupId, from: i64, nodes: u32) {
        if nodes == 0 {
            return;
        }
        match self.came.iter_mut().find(|known| known.group == *group) {
            Some(known) => (known.nodes, known.to) = (known.nodes + nodes, known.to + i64::from(nodes)),
            None => self.came.push(CameInGroup { group: group.clone(), from, to: from + i64::from(nodes), nodes }),
        }
    }

    fn elsewhere(&mut self, nodes: u32, place: &str) {
        if nodes > 0 {
            self.elsewhere.push(format!("{} in {place}", count(u64::from(nodes), "node")));
        }
    }

    fn failed(&mut self, zone: &str, words: &str) {
        self.add(format!("{zone}: {words}"));
    }

    fn refused(&mut self, group: &GroupId, words: &str) {
        self.add(format!("{group}: {words}"));
    }

    fn add(&mut self, words: String) {
        if !self.words.contains(&words) {
            self.words.push(words);
        }
    }

    /// Returns the ending of a step whose group takes a number of nodes only.
    fn by_number(&self, ending: Ending) -> Ending {
        let words = self.words.join("; ");
        let message = if ending.message.is_empty() { words } else { format!("{words}; {}", ending.message) };
        Ending { message: format!("asked for by the desired capacity instead: {message}"), ..ending }
    }

    fn ending(&self, wanted: u32, missing: u32) -> Result<Ending, Obstacle> {
        let (elsewhere, words) = (self.elsewhere.join(", "), self.words.join("; "));
        if missing == 0 {
            let message = if elsewhere.is_empty() { elsewhere } else { format!("{elsewhere} instead: {words}") };
            return Ok(Ending::done(&message));
        }
        let separator = if elsewhere.is_empty() { "" } else { ", " };
        let wanted_nodes = count(u64::from(wanted), "node");
        Err(Obstacle::Failed(format!("{} of {wanted_nodes} came{separator}{elsewhere}; {words}", wanted - missing)))
    }
}
