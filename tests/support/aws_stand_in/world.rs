//! What the stand-in keeps: accounts with groups, their instances and what happened to them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::form::Params;
use super::refusal::Refusal;

/// Every account, by the access key that leads to it.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) accounts: BTreeMap<String, Account>,
    /// For ids and addresses that nothing else has.
    pub(super) made: u32,
}

/// One account.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) id: String,
    /// By region and name.
    pub(super) groups: BTreeMap<(String, String), Group>,
    /// What LaunchInstances answered, by region and token.
    pub(super) launches: BTreeMap<(String, String), AnsweredCall>,
    pub(super) calls: Vec<LoggedCall>,
    /// Whose launches fail.
    pub(super) shortages: Vec<Shortage>,
    /// How far the clock that answers show is ahead of this machine's, by region and in seconds.
    pub(super) clocks: BTreeMap<String, i64>,
}

/// Groups for which EC2 has no capacity. What is absent narrows nothing down.
#[derive(Debug, Deserialize)]
pub(super) struct Shortage {
    pub(super) region: Option<String>,
    pub(super) group: Option<String>,
}

/// One call as it came.
#[derive(Debug, Serialize)]
pub(super) struct LoggedCall {
    pub(super) action: String,
    pub(super) region: String,
    pub(super) params: Params,
    pub(super) status: Option<u16>,
    pub(super) code: Option<String>,
    pub(super) mutation: bool,
}

/// What a group launches from: of its own, and of one type.
#[derive(Debug)]
pub(super) enum Source {
    /// A launch configuration.
    Configuration { name: String, machine_type: String },
    /// A launch template: the type of each version, the first version first. Groups follow
    /// `$Default`.
    Template { id: String, versions: Vec<String>, default_version: usize },
}

/// A call of LaunchInstances.
#[derive(Debug)]
pub(super) struct AnsweredCall {
    /// Its parameters, but for the token.
    pub(super) body: Params,
    pub(super) instances: Vec<Instance>,
}

/// A group that launches one type.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) created: Timestamp,
    pub(super) min: u32,
    pub(super) max: u32,
    pub(super) desired: u32,
    pub(super) zones: Vec<String>,
    pub(super) tags: Vec<(String, String)>,
    pub(super) protected: bool,
    pub(super) source: Source,
    pub(super) instances: Vec<Instance>,
    /// The oldest first.
    pub(super) activities: Vec<Activity>,
}

/// An instance in service.
#[derive(Debug, Clone)]
pub(super) struct Instance {
    pub(super) id: String,
    pub(super) zone: String,
    pub(super) machine_type: String,
    /// The version of its launch template.
    pub(super) version: Option<usize>,
    pub(super) launched: Timestamp,
    pub(super) private_ip: String,
    pub(super) private_dns: String,
    /// The token of the call that launched it.
    pub(super) token: Option<String>,
}

/// A scaling activity.
#[derive(Debug, Clone)]
pub(super) struct Activity {
    pub(super) id: String,
    pub(super) description: String,
    pub(super) cause: String,
    pub(super) start: Timestamp,
    pub(super) status: String,
    pub(super) message: Option<String>,
    pub(super) zone: Option<String>,
}

impl World {
    /// A number that nothing else has.
    pub(super) fn number(&mut self) -> u32 {
        self.made += 1;
        self.made
    }

    /// Brings a group's instances to its desired capacity. `reason` is what was asked for, if it
    /// was.
    pub(super) fn settle(&mut self, key: &str, region: &str, name: &str, reason: Option<&str>) {
        let (mut made, now) = (self.made, Timestamp::now());
        let account = self.accounts.get_mut(key).expect("an account of a call");
        let is_short = account.is_short(region, name);
        let group = account.groups.get_mut(&(region.to_owned(), name.to_owned())).expect("a group that was found");
        let (before, asked) = (group.instances.len(), group.desired as usize);
        let at = stamp(now);
        let reason = reason.map(|reason| format!("At {at} {reason}.  ")).unwrap_or_default();
        let difference = "in response to a difference between desired and actual capacity";
        for _ in before..asked {
            made += 1;
            let zone = group.emptiest_zone();
            let instance = group.next_instance(region, &zone, made, now);
            let cause = format!(
                "{reason}At {at} an instance was started {difference}, increasing the capacity from {before} to {asked}."
            );
            if is_short {
                group.note_shortage(made, cause, &zone);
                break;
            }
            group.note(made, format!("Launching a new EC2 instance: {}", instance.id), cause, Some(&instance.zone));
            group.instances.push(instance);
        }
        // The oldest goes first.
        for instance in group.instances.drain(..before.saturating_sub(asked)).collect::<Vec<_>>() {
            made += 1;
            let cause = format!(
                "{reason}At {at} an instance was taken out of service {difference}, shrinking the capacity from {before} to {asked}."
            );
            group.note(made, format!("Terminating EC2 instance: {}", instance.id), cause, Some(&instance.zone));
        }
        self.made = made;
    }
}

impl World {
    /// Launches instances in a zone, and raises the desired capacity by them.
    pub(super) fn launch(
        &mut self,
        key: &str,
        region: &str,
        group: &str,
        zone: &str,
        number: u32,
        token: &str,
    ) -> Vec<Instance> {
        let (mut made, now) = (self.made, Timestamp::now());
        let account = self.accounts.get_mut(key).expect("an account of a call");
        let group = account.groups.get_mut(&(region.to_owned(), group.to_owned())).expect("a group that was found");
        let (before, at) = (group.instances.len(), stamp(now));
        let cause = format!(
            "At {at} a user request launched instances, increasing the capacity from {before} to {}.",
            before + number as usize
        );
        let mut launched = Vec::new();
        for _ in 0..number {
            made += 1;
            let instance = Instance { token: Some(token.to_owned()), ..group.next_instance(region, zone, made, now) };
            group.note(made, format!("Launching a new EC2 instance: {}", instance.id), cause.clone(), Some(zone));
            group.instances.push(instance.clone());
            launched.push(instance);
        }
        group.desired += number;
        self.made = made;
        launched
    }
}

impl Account {
    pub(super) fn group(&mut self, region: &str, name: &str) -> Result<&mut Group, Refusal> {
        self.groups.get_mut(&(region.to_owned(), name.to_owned())).ok_or_else(|| Refusal::no_group(name))
    }

    /// Whether EC2 has no capacity for a group.
    pub(super) fn is_short(&self, region: &str, group: &str) -> bool {
        self.shortages.iter().any(|shortage| shortage.concerns(region, group))
    }

    pub(super) fn groups_of<'a>(&'a self, region: &'a str) -> impl Iterator<Item = &'a Group> {
        self.groups.iter().filter(move |((its, _), _)| its == region).map(|(_, group)| group)
    }
}

impl Shortage {
    fn concerns(&self, region: &str, group: &str) -> bool {
        let narrows = |wanted: &Option<String>, its: &str| wanted.as_ref().is_none_or(|wanted| wanted == its);
        narrows(&self.region, region) && narrows(&self.group, group)
    }
}

impl Group {
    /// Notes a launch that failed for want of capacity, once for a zone and a try.
    fn note_shortage(&mut self, number: u32, cause: String, zone: &str) {
        let message = format!("{} Launching EC2 instance failed.", self.words_of_shortage(zone));
        self.note(number, format!("Launching a new EC2 instance.  Status Reason: {message}"), cause, Some(zone));
        let noted = self.activities.last_mut().expect("it was just noted");
        (noted.status, noted.message) = ("Failed".to_owned(), Some(message));
    }

    /// EC2's words, as the emulator has them.
    pub(super) fn words_of_shortage(&self, zone: &str) -> String {
        let machine_type = self.next_source().0;
        let others: Vec<&str> = self.zones.iter().map(String::as_str).filter(|other| *other != zone).collect();
        let others = if others.is_empty() { "another Availability Zone".to_owned() } else { others.join(", ") };
        format!(
            "We currently do not have sufficient {machine_type} capacity in the Availability Zone you requested ({zone}). Our \
             system will be working on provisioning additional capacity. You can currently get {machine_type} capacity by not \
             specifying an Availability Zone in your request or choosing {others}."
        )
    }

    pub(super) fn note(&mut self, number: u32, description: String, cause: String, zone: Option<&str>) {
        self.activities.push(Activity {
            id: format!("00000000-0000-4000-8000-{number:012x}"),
            description,
            cause,
            start: Timestamp::now(),
            status: "Successful".to_owned(),
            message: None,
            zone: zone.map(str::to_owned),
        });
    }

    /// The next one goes there, unless another zone is named.
    fn emptiest_zone(&self) -> String {
        let in_zone = |zone: &String| self.instances.iter().filter(|instance| instance.zone == *zone).count();
        self.zones.iter().min_by_key(|zone| in_zone(zone)).expect("a group has a zone").clone()
    }

    fn next_instance(&self, region: &str, zone: &str, number: u32, now: Timestamp) -> Instance {
        let [_, b, c, d] = number.to_be_bytes();
        let (machine_type, version) = self.next_source();
        Instance {
            id: format!("i-{number:017x}"),
            zone: zone.to_owned(),
            machine_type,
            version,
            launched: now,
            private_ip: format!("10.{b}.{c}.{d}"),
            private_dns: format!("ip-10-{b}-{c}-{d}.{region}.compute.internal"),
            token: None,
        }
    }

    /// The type of the next instance, and the version of the launch template if there is one.
    fn next_source(&self) -> (String, Option<usize>) {
        match &self.source {
            Source::Configuration { machine_type, .. } => (machine_type.clone(), None),
            Source::Template { versions, default_version, .. } => {
                (versions[default_version - 1].clone(), Some(*default_version))
            }
        }
    }

    /// Made-up subnets, one for each zone.
    pub(super) fn subnets(&self) -> Vec<String> {
        self.zones.iter().map(|zone| subnet(zone)).collect()
    }
}

pub(super) fn subnet(zone: &str) -> String {
    format!("subnet-{}", zone.replace('-', ""))
}

/// Zone b is the second of its region.
pub(super) fn zone_id(zone: &str) -> String {
    let (region, letter) = zone.split_at(zone.len() - 1);
    let number = letter.bytes().next().map_or(0, |letter| u32::from(letter) - u32::from(b'a') + 1);
    let mut parts = region.split('-');
    let land = parts.next().unwrap_or_default();
    let direction = parts.next().and_then(|word| word.chars().next()).map(String::from).unwrap_or_default();
    format!("{land}{direction}{}-az{number}", parts.next().unwrap_or_default())
}

/// A time as causes have it.
pub(super) fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
