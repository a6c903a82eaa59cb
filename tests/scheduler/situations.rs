//! The stories of `tests/situations` before the real scheduler: what is promised binds, what is
//! refused stays.
//!
//! Each snapshot is laid out as it stands, and the plan for it is carried out: nodes that are
//! bought or coming appear, those that go have gone, cordons are set and lifted, and the pods that
//! are evicted are made anew. A new node is made like its settled siblings where there are any, else
//! as the plan describes it ([`new_nodes`]). The pods wait before the nodes come, and those are not
//! there in the same moment.
//!
//! - A pod that the plan helps must be bound, on whichever node; so many may wait as the plan says.
//! - A pod that no group helps must stay, also when each group that refuses it for what its nodes
//!   are has one node more.
//!
//! A pod that the scheduler has refused for long although it should fit is let be: the snapshot
//! does not say why. What can't be laid out, and what is known to differ, is listed with its reason
//! ([`exceptions`]). `SITUATIONS=NAME` tries the stories with that in their name, and
//! `SITUATIONS_IN=DIR` those of another folder, where a file may also be a mere snapshot.

mod exceptions;
mod new_nodes;
mod object_manifests;
mod pod_manifest;
mod stage;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ec2_autoscale::plan::{Action, NodeDecision, NodeState, Plan, PodVerdict, Refusal, plan};
use ec2_autoscale::policy::Policy;
use ec2_autoscale::snapshot::{Group, GroupId, ObjectName, Pod, Snapshot};
use serde_json::{Value, json};

use crate::cluster::{Cluster, FeatureGates, Outcome};
use crate::say;
use exceptions::Exception;
use new_nodes::{Made, Nursery};
use stage::Stage;

/// As elsewhere here; and the controller that would finish a deletion does not run.
const WITHOUT: &str = "ServiceAccount,TaintNodesByCondition,StorageObjectInUseProtection";

/// The scheduler has had a look at all pods by then.
const SHORT: Duration = Duration::from_millis(400);

const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

/// A story that is tried.
struct Tried<'a> {
    snapshot: &'a Snapshot,
    policy: &'a Policy,
    plan: &'a Plan,
    stage: Stage<'a>,
    made: Made,
}

/// What came of a story.
struct Found {
    bound: usize,
    stayed: usize,
    wrong: Vec<String>,
}

#[test]
fn what_is_promised_binds_and_what_is_refused_stays() {
    let cluster = Cluster::start_with(&FeatureGates::default(), WITHOUT).unwrap_or_else(|why| panic!("{why}"));
    let (mut tried, mut bound, mut stayed, mut wrong, mut left_out) = (0, 0, 0, Vec::new(), 0);
    for (name, snapshot, policy) in stories() {
        let made = match exceptions::of(&name) {
            Some(Exception::NotLaid(why)) => {
                say(&format!("{name}: not laid out: {why}\n"));
                left_out += 1;
                continue;
            }
            Some(Exception::Differs(why)) => {
                say(&format!("{name}: known to differ: {why}\n"));
                left_out += 1;
                continue;
            }
            Some(Exception::NodesAsPlanned) => Made::AsPlanned,
            None => Made::LikeSiblings,
        };
        let plan = plan(&snapshot, &policy);
        let mut managed = policy.scheduler_names.clone();
        managed.push("default-scheduler".to_owned());
        let stage = Stage { cluster: &cluster, snapshot: &snapshot, managed: &managed };
        match (Tried { snapshot: &snapshot, policy: &policy, plan: &plan, stage, made }).play() {
            Ok(found) => {
                say(&format!("{name}: {} bound, {} stayed\n", found.bound, found.stayed));
                (tried, bound, stayed) = (tried + 1, bound + found.bound, stayed + found.stayed);
                wrong.extend(found.wrong.into_iter().map(|what| format!("{name}: {what}")));
            }
            Err(why) => wrong.push(format!("{name}: not laid out: {why}")),
        }
        stage::clear(&cluster);
    }
    say(&format!("{tried} situations: {bound} promised pods were bound, {stayed} refused ones stayed; {left_out} left out\n"));
    assert!(wrong.is_empty(), "{} disagreements:\n{}", wrong.len(), wrong.join("\n"));
}

/// Every story with its snapshot and its flags.
fn stories() -> Vec<(String, Snapshot, Policy)> {
    let folder = std::env::var_os("SITUATIONS_IN").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/situations"));
    let entries = std::fs::read_dir(&folder).expect("a folder of situations").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect();
    files.sort();
    let wanted = std::env::var("SITUATIONS").unwrap_or_default();
    let name_of = |path: &PathBuf| path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
    files.iter().map(|path| (name_of(path), path)).filter(|(name, _)| name.contains(&wanted)).map(read).collect()
}

fn read((name, path): (String, &PathBuf)) -> (String, Snapshot, Policy) {
    let text = std::fs::read(path).expect("a situation is readable");
    let story: Value = serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let snapshot = if story["snapshot"].is_null() { &story } else { &story["snapshot"] };
    let snapshot = Snapshot::from_json(snapshot.to_string().as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut policy = Policy::default();
    for (flag, value) in story["flags"].as_object().into_iter().flatten() {
        let setting = Policy::SETTINGS.iter().find(|setting| setting.flag() == flag).expect("a flag of the policy");
        setting.read(&mut policy, value.as_str().expect("flags are text")).unwrap_or_else(|error| panic!("{flag}: {error}"));
    }
    (name, snapshot, policy)
}

impl Tried<'_> {
    /// Lays the story out and carries its plan out.
    fn play(&self) -> Result<Found, String> {
        let upcoming = self.upcoming();
        let gone = self.gone();
        let is_left_out = |node: &str| gone.contains(node) || upcoming.iter().any(|(_, name, _)| name == node);
        self.stage.make_surroundings()?;
        self.stage.make_nodes(is_left_out, |node| self.decide(node))?;
        self.stage.make_claims()?;
        let evicted = self.evicted();
        self.stage.end(evicted.iter());
        let let_be = self.named(|verdict| matches!(verdict, PodVerdict::Refused { .. }));
        let is_waiting = |pod: &&Pod| pod.node.is_none() || evicted.contains(&pod.id());
        let waiting = self.snapshot.pods.iter().filter(is_waiting).filter(|pod| !let_be.contains(&pod.id().to_string()));
        self.stage.make_pending(waiting)?;
        self.stage.settle(&BTreeSet::new(), SHORT);
        for (group, name, zone) in &upcoming {
            self.make_new_node(group, name, zone)?;
        }
        self.stage.end(self.pushed_out().iter());
        let mut promised: BTreeSet<String> = self.named(PodVerdict::is_helped);
        promised.extend(evicted.iter().map(ToString::to_string));
        let mut outcomes = self.stage.settle(&promised, stage::QUIET);
        let late = waiting_of(&promised, &outcomes);
        if !late.is_empty() {
            // Not everything that helps a pod lets the scheduler try it again; after five minutes
            // it does all the same.
            let late: Vec<&Pod> = self.snapshot.pods.iter().filter(|pod| late.contains(&pod.id().to_string())).collect();
            self.stage.end(late.iter().map(|pod| pod.id()).collect::<Vec<_>>().iter());
            self.stage.make_pending(late.into_iter())?;
            outcomes = self.stage.settle(&promised, stage::QUIET);
        }
        let mut refused = self.named(|verdict| verdict.is_unhelped() || matches!(verdict, PodVerdict::Gated { .. }));
        refused.retain(|pod| !let_be.contains(pod));
        let mut wrong = self.contradictions(&promised, &refused, &outcomes);
        if wrong.is_empty() && self.add_what_refuses()? {
            wrong = self.contradictions(&promised, &refused, &self.stage.settle(&promised, stage::QUIET));
        }
        Ok(Found { bound: promised.len(), stayed: refused.len(), wrong })
    }

    /// Promised pods that wait and refused ones that are bound. Of pods that are alike the
    /// scheduler may bind others than the plan says, and so many may wait as the plan says.
    fn contradictions(
        &self,
        promised: &BTreeSet<String>,
        refused: &BTreeSet<String>,
        outcomes: &BTreeMap<String, Outcome>,
    ) -> Vec<String> {
        let mut waiting = waiting_of(promised, outcomes);
        let is_bound = |pod: &&String| matches!(outcomes.get(*pod), Some(Outcome::Bound { .. }));
        let mut bound: Vec<&String> = refused.iter().filter(is_bound).collect();
        bound.retain(|pod| {
            let alike = waiting.iter().find(|other| self.are_alike(pod, other)).cloned();
            alike.inspect(|other| _ = waiting.remove(other)).is_none()
        });
        let replay = self.plan.replay.as_ref();
        let may_wait = replay.map_or(0, |replay| replay.waiting_at_once.max(replay.waiting_one_by_one) as usize);
        if waiting.len() <= may_wait {
            waiting.clear();
        }
        let say = |pod: &String| format!("{pod} {}; the scheduler: {:?}", self.words(pod), outcomes.get(pod));
        waiting.iter().chain(bound).map(say).collect()
    }

    /// Whether two pods are of one specification.
    fn are_alike(&self, one: &str, other: &str) -> bool {
        let spec = |name: &str| self.snapshot.pods.iter().find(|pod| pod.id().to_string() == name).map(|pod| pod.spec);
        spec(one) == spec(other)
    }

    /// The pods with such a verdict.
    fn named(&self, holds: impl Fn(&PodVerdict) -> bool) -> BTreeSet<String> {
        self.plan.pods.iter().filter(|report| holds(&report.verdict)).map(|report| report.pod.to_string()).collect()
    }

    fn words(&self, pod: &str) -> &str {
        let report = self.plan.pods.iter().find(|report| report.pod.to_string() == pod);
        report.map_or("is evicted", |report| report.message.as_str())
    }

    /// The nodes that are bought or coming: group, name and zone of each.
    fn upcoming(&self) -> Vec<(GroupId, String, String)> {
        let mut nodes = Vec::new();
        for report in &self.plan.groups {
            let named = |number: usize, node: &Option<String>| {
                node.clone().unwrap_or_else(|| format!("coming-{}-{number}", report.group.name.to_lowercase()))
            };
            for (number, node) in report.upcoming_nodes.iter().enumerate() {
                nodes.push((report.group.clone(), named(number, &node.node), node.zone.clone()));
            }
            for (number, node) in report.new_nodes.iter().enumerate() {
                nodes.push((report.group.clone(), named(number + 100, &None), node.zone.clone()));
            }
        }
        nodes
    }

    /// The nodes that are gone once the plan is carried out.
    fn gone(&self) -> BTreeSet<&str> {
        let goes = |report: &&ec2_autoscale::plan::NodeReport| {
            matches!(report.decision, NodeDecision::Terminate | NodeDecision::Delete)
                || matches!(report.state, NodeState::InstanceTerminated { .. })
        };
        self.plan.nodes.iter().filter(goes).map(|report| report.node.as_str()).collect()
    }

    /// Opens or closes a node as the plan does.
    fn decide(&self, node: &mut Value) {
        let report = self.plan.nodes.iter().find(|report| node["metadata"]["name"] == report.node.as_str());
        let Some(report) = report else { return };
        match report.decision {
            NodeDecision::Uncordon => {
                node["spec"]["unschedulable"] = json!(false);
                let taints = node["spec"]["taints"].as_array_mut().expect("taints are a list");
                taints.retain(|taint| taint["key"] != UNSCHEDULABLE);
            }
            NodeDecision::Cordon | NodeDecision::Drain | NodeDecision::Replace => node["spec"]["unschedulable"] = json!(true),
            NodeDecision::Keep | NodeDecision::Terminate | NodeDecision::Delete => {}
        }
    }

    /// The pods that a nominated pod waits for: the less important ones on its node.
    fn pushed_out(&self) -> Vec<ObjectName> {
        let priority = |pod: &Pod| self.snapshot.spec(pod).priority;
        let mut leaving = Vec::new();
        for report in &self.plan.pods {
            let PodVerdict::Nominated { node } = &report.verdict else { continue };
            let own = self.snapshot.pods.iter().find(|pod| pod.id() == report.pod).map_or(0, priority);
            let goes = |pod: &&Pod| pod.node.as_deref() == Some(node.as_str()) && priority(pod) < own;
            leaving.extend(self.snapshot.pods.iter().filter(goes).map(Pod::id));
        }
        leaving
    }

    /// The pods that are evicted and made anew.
    fn evicted(&self) -> BTreeSet<ObjectName> {
        let of_action = |action: &Action| match action {
            Action::Evict { pods, .. } => pods.iter().map(|eviction| eviction.pod.clone()).collect(),
            _ => Vec::new(),
        };
        self.plan.actions.iter().flat_map(of_action).collect()
    }

    fn nursery<'s>(&'s self, group: &'s Group) -> Option<Nursery<'s>> {
        Nursery::new(self.snapshot, self.policy, self.plan, group, self.made)
    }

    fn group(&self, id: &GroupId) -> &Group {
        self.snapshot.groups.iter().find(|group| group.id == *id).expect("plans name groups that are there")
    }

    fn make_new_node(&self, group: &GroupId, name: &str, zone: &str) -> Result<(), String> {
        let nursery = self.nursery(self.group(group)).ok_or_else(|| format!("nobody knows what {group} launches"))?;
        self.stage.make_new_node(&nursery.node(name, zone))
    }

    /// Gives each group that refuses a pod for what its nodes are one more in each zone; whether
    /// there is one.
    fn add_what_refuses(&self) -> Result<bool, String> {
        let mut groups = BTreeSet::new();
        for report in &self.plan.pods {
            let PodVerdict::CannotHelp { refusals } = &report.verdict else { continue };
            let for_its_nodes = refusals.iter().filter(|refusal| matches!(refusal.refusal, Refusal::Misfit { .. }));
            groups.extend(for_its_nodes.map(|refusal| refusal.group.clone()));
        }
        let mut is_any = false;
        for group in &groups {
            let Some(nursery) = self.nursery(self.group(group)).filter(Nursery::is_of_one_type) else { continue };
            for (number, zone) in nursery.zones().iter().enumerate() {
                let name = format!("more-{}-{number}", group.name.to_lowercase());
                self.stage.make_new_node(&nursery.node(&name, zone))?;
                is_any = true;
            }
        }
        Ok(is_any)
    }
}

/// The promised pods that are not bound.
fn waiting_of(promised: &BTreeSet<String>, outcomes: &BTreeMap<String, Outcome>) -> BTreeSet<String> {
    let waits = |pod: &&String| !matches!(outcomes.get(*pod), Some(Outcome::Bound { .. }));
    promised.iter().filter(waits).cloned().collect()
}
