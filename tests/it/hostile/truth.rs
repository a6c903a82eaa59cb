//! The real state of the world, and how it goes on while nobody looks.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use ec2_autoscale::apply::steady::SteadyTime;
use ec2_autoscale::policy::Policy;
use ec2_autoscale::snapshot::{Claim, Group, InstanceNote, MachineHealth, Node, Pod};
use jiff::{SignedDuration, Timestamp};

use super::cloud::{self, Shortages};
use super::rules::Ledger;
use super::run::Run;
use super::settings::{is_tagged, script};
use super::sights::Sight;
use super::stories::Stories;
use super::tally::Tally;
use super::work::Work;
use super::{nodes, scheduler, settings};
use crate::support::dice::Dice;
use crate::support::scenario::{World, situation};

/// The number of older moments that a list may show.
const MEMORY: usize = 8;

pub(super) struct Truth {
    /// Our cluster and our account.
    pub(super) world: World,
    pub(super) policy: Policy,
    /// Every machine that ever was, by instance id.
    pub(super) machines: BTreeMap<String, Machine>,
    /// Groups of the same names in somebody else's account.
    pub(super) others_groups: Vec<Group>,
    /// Notes beside the Lease of somebody else's cluster.
    pub(super) others_notes: Vec<InstanceNote>,
    pub(super) work: Work,
    pub(super) shortages: Shortages,
    pub(super) dice: Dice,
    pub(super) sight: Sight,
    pub(super) ledger: Ledger,
    pub(super) stories: Stories,
    pub(super) tally: Tally,
    past: VecDeque<Moment>,
    began_at: Timestamp,
    /// When the last minute's worth of things happened.
    last_minute: Timestamp,
    /// How many runs are under way, one within the other.
    pub(super) runs: u32,
}

/// The state that an old list shows.
#[derive(Clone)]
pub(super) struct Moment {
    pub(super) pods: Vec<Pod>,
    pub(super) nodes: Vec<Node>,
    pub(super) groups: Vec<Group>,
    pub(super) claims: Vec<Claim>,
}

/// A machine, whatever anybody knows of it.
pub(super) struct Machine {
    pub(super) group: String,
    pub(super) node: String,
    pub(super) home: Home,
    pub(super) health: MachineHealth,
    pub(super) scheme: Scheme,
    /// When it registers; never, if absent.
    pub(super) boots_at: Option<Timestamp>,
    /// Its Node object while that is missing, and when it comes back.
    pub(super) missing: Option<(Node, Timestamp)>,
    /// When its kubelet reports again, while it is cut off.
    pub(super) heard_again_at: Option<Timestamp>,
}

/// Whose node a machine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Home {
    Here,
    /// Of another cluster in the same account, where it is always busy.
    Elsewhere,
}

/// The form of the `providerID` of a machine's Node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Ec2,
    /// Written a few minutes after the Node registers.
    Late,
    /// `k3s://…`.
    Other,
    None,
}

impl Truth {
    pub(super) fn beginning(seed: u64) -> Self {
        let (mut world, mut policy) = situation(&script(seed));
        policy.cordon_settle = policy.cordon_settle.max(ec2_autoscale::duration::Seconds(30));
        let mut dice = Dice::new(seed);
        let work = Work::from_patterns(&mut world.snapshot, &mut dice);
        let now = world.now();
        world.snapshot.cluster.account = Some("111111111111".into());
        world.snapshot.cluster.own_pod = Some(ec2_autoscale::snapshot::ObjectName::new("kube-system", "ec2-autoscale-1"));
        let mut truth = Self {
            world,
            policy,
            machines: BTreeMap::new(),
            others_groups: Vec::new(),
            others_notes: Vec::new(),
            work,
            shortages: Shortages::default(),
            dice,
            sight: Sight::Right,
            ledger: Ledger::default(),
            stories: Stories::default(),
            tally: Tally::default(),
            past: VecDeque::new(),
            began_at: now,
            last_minute: now,
            runs: 0,
        };
        cloud::begin(&mut truth, !is_tagged(seed));
        truth.others_groups = super::sights::others_groups(&truth.world.snapshot.groups);
        truth
    }

    pub(super) fn now(&self) -> Timestamp {
        self.world.now()
    }

    /// Returns the clock that goes on whatever happens to a process.
    pub(super) fn steady(&self) -> SteadyTime {
        let passed = self.now().duration_since(self.began_at);
        SteadyTime::after_start(Duration::try_from(passed).expect("time goes forward"))
    }

    /// Makes a run, and lets the rest of its minute pass.
    pub(super) fn tick(&mut self) {
        let began = self.now();
        self.sight = self.sight.next(self);
        Run::new(self).live(self);
        let took = self.now().duration_since(began).as_secs();
        self.pass(u64::try_from(60 - took.min(60)).expect("what is left of a minute"));
    }

    /// Lets time pass, and the world go on.
    pub(super) fn pass(&mut self, seconds: u64) {
        let mut left = seconds;
        while left > 0 {
            let step = left.min(60);
            left -= step;
            self.world.wait(step);
            self.go_on(step);
        }
    }

    /// Does what happens within so many seconds. In the two seconds from a last look to a request
    /// nothing binds: nobody can exclude that.
    fn go_on(&mut self, seconds: u64) {
        if self.now().duration_since(self.last_minute) >= SignedDuration::from_mins(1) {
            self.last_minute = self.now();
            self.remember();
            nodes::go_on(self);
            cloud::go_on(self);
            super::work::go_on(self);
        }
        if seconds > settings::WINDOW {
            nodes::come_and_go(self);
            cloud::register_due(self);
            scheduler::bind(self);
            scheduler::bind_in_spite_of_cordons(self);
        }
        self.ledger.look(&self.world.snapshot);
    }

    fn remember(&mut self) {
        let snapshot = &self.world.snapshot;
        if self.past.len() == MEMORY {
            self.past.pop_front();
        }
        self.past.push_back(Moment {
            pods: snapshot.pods.clone(),
            nodes: snapshot.nodes.clone(),
            groups: snapshot.groups.clone(),
            claims: snapshot.claims.clone(),
        });
    }

    /// Returns some earlier moment.
    pub(super) fn earlier(&mut self) -> Option<Moment> {
        let past = self.past.len();
        (past > 0).then(|| self.past[self.dice.below(past)].clone())
    }

    /// Returns the instance whose Node has that name.
    pub(super) fn machine_named(&self, node: &str) -> Option<(&String, &Machine)> {
        self.machines.iter().find(|(_, machine)| machine.node == node)
    }

    /// Adds to the story of a machine.
    pub(super) fn tell(&mut self, machine: &str, line: impl Into<String>) {
        let now = self.now();
        self.stories.add(machine, now, line);
    }

    /// Returns a moment so many seconds from now.
    pub(super) fn in_seconds(&self, seconds: usize) -> Timestamp {
        self.now() + SignedDuration::from_secs(i64::try_from(seconds).expect("a short while"))
    }
}

impl Machine {
    /// Whether it exists and does its work.
    pub(super) fn is_living(&self) -> bool {
        self.health == MachineHealth::Running
    }
}
