//! The planner against kube-scheduler's own facts: the cases of `tests/conformance`, each read from
//! an API server as a run reads it, must be answered for every node as kube-scheduler answers.
//! `cargo test --test scheduler conformance` puts the same cases before a real scheduler.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use ec2_autoscale::gather::manifests;
use ec2_autoscale::plan::explain::{self, NodeVerdict};
use ec2_autoscale::policy::Policy;
use ec2_autoscale::scheduler::Plugin;
use ec2_autoscale::snapshot::{ObjectName, Pod};

mod admission;
#[path = "../support/conformance/mod.rs"]
mod cases;
mod world;

use cases::{Case, CaseOption, Expected};
use world::World;

/// There are at least this many cases.
const CASES: usize = 400;

/// Cases with a different answer, and why. One that no longer differs is to be taken out.
const OTHERWISE: [(&str, &str); 5] = [
    ("a resource claim that is not there", "the pod is reported as using what is not modelled, whatever the nodes say"),
    ("a volume that is attached counts without a pod", "VolumeAttachments are not read"),
    ("a generic ephemeral volume whose claim is not made yet", "its claim is made a moment after the pod"),
    ("an inline EBS disk that a pod there has", "inline disks of the old kinds are not read"),
    ("an inline GCE disk is shared if all read only", "inline disks of the old kinds are not read"),
];

/// Each worker has a server of its own.
const WORKERS: usize = 2;

#[test]
fn every_node_is_answered_as_by_kube_scheduler() {
    let cases = cases::all();
    let mut wrong: Vec<(&str, String)> = thread::scope(|scope| {
        let shares = cases.chunks(cases.len().div_ceil(WORKERS));
        let workers: Vec<_> = shares.map(|share| scope.spawn(|| disagreements(share))).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic in a case")).collect()
    });
    let agreed = OTHERWISE.iter().filter(|(known, _)| wrong.iter().all(|(name, _)| name != known));
    assert_eq!(agreed.collect::<Vec<_>>(), Vec::<&(&str, &str)>::new(), "answered as by kube-scheduler now");
    wrong.retain(|(name, _)| OTHERWISE.iter().all(|(known, _)| name != known));
    let told: Vec<&str> = wrong.iter().map(|(_, why)| why.as_str()).collect();
    assert!(told.is_empty(), "{} cases are answered otherwise:\n{}", told.len(), told.join("\n"));
}

/// Returns the names of cases with a different answer, with the answers.
fn disagreements(cases: &[Case]) -> Vec<(&str, String)> {
    let world = World::start();
    let wrong = |case| disagreement(&world, case).map(|why| (case, why));
    let told = |(case, why): (&'_ Case, _)| format!("{}: {} ({})\n    {why}", case.file, case.name, case.origin);
    cases.iter().filter_map(wrong).map(|(case, why)| (case.name.as_str(), told((case, why)))).collect()
}

/// Returns what differs, a line for each node.
fn disagreement(world: &World, case: &Case) -> Option<String> {
    let numeric_tolerations = case.options.contains(&CaseOption::NumericTolerations);
    let policy = Policy { numeric_tolerations, ..Policy::default() };
    let asked = case.asked();
    let name = ObjectName::new(asked.namespace(), asked.name());
    let Some(explanation) = explain::pod(&world.of(case), &policy, &name) else { return Some("no answer".to_owned()) };
    if let Some(named) = asked.body["spec"]["nodeName"].as_str() {
        // Such a pod has its node; the other answers are for the case that it had to move.
        let bound = explanation.bound_to;
        return (bound.as_deref() != Some(named)).then(|| format!("bound to {named}; the answer is {bound:?}"));
    }
    let answers: BTreeMap<_, _> = explanation.nodes.iter().map(|answer| (&answer.node, answer)).collect();
    let unlike = |(node, expected): (&String, &Expected)| match answers.get(node) {
        Some(answer) => unlike(*expected, answer),
        None => Some(format!("{node}: {expected:?} expected; it is not answered for")),
    };
    let wrong: Vec<String> = case.expect.iter().filter_map(unlike).collect();
    (!wrong.is_empty()).then(|| wrong.join("\n    "))
}

fn unlike(expected: Expected, answer: &NodeVerdict) -> Option<String> {
    let NodeVerdict { node, misfit, message } = answer;
    let answer = misfit.as_ref().map_or(Expected::Fits, |misfit| Expected::Refused(misfit.plugin()));
    (answer != expected).then(|| format!("{node}: {expected:?} expected; the answer is {answer:?}: {message}"))
}

#[test]
fn a_pod_of_a_manifest_is_what_the_api_server_would_make_of_it() {
    let world = World::start();
    for case in cases::all() {
        let asked = case.asked();
        let (there, spec) = world.created(&case);
        let manifest = asked.body.to_string();
        let read = manifests::read_text(&case.file, &manifest).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let (pod, _) = read.workloads[0].parts[0].pods().next().expect("one pod");
        assert_eq!(read.pod_specs[&pod.spec], spec, "{}: {manifest}", case.name);
        let told = |pod: &Pod| {
            let Pod { namespace, name, labels, owner, node, volumes, resource_claims, .. } = pod.clone();
            (namespace, name, labels, owner, node, volumes, resource_claims)
        };
        assert_eq!(told(&pod), told(&there), "{}: {manifest}", case.name);
    }
}

#[test]
fn the_cases_are_many_and_about_every_plugin() {
    let cases = cases::all();
    assert!(cases.len() >= CASES, "{} cases", cases.len());
    for &plugin in Plugin::ALL {
        let refusals = cases.iter().filter(|case| case.expect.values().any(|answer| *answer == Expected::Refused(plugin)));
        assert!(refusals.count() > 0, "no case in which {plugin} refuses");
    }
    for case in &cases {
        let nodes: BTreeSet<String> = case.nodes().map(|node| node.name().to_owned()).collect();
        assert!(!case.expect.is_empty() && !case.origin.is_empty(), "{}: {} expects nothing", case.file, case.name);
        assert!(case.expect.keys().eq(&nodes), "{}: {} expects of other nodes than it has", case.file, case.name);
        let same = cases.iter().filter(|other| other.name == case.name);
        assert_eq!(same.count(), 1, "{} is there twice", case.name);
    }
}
