//! Every published code with its meaning. The texts are those of the JSON Schema, so that a code
//! has one description.

use std::fmt;

use schemars::{JsonSchema, Schema, schema_for};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::action::Action;
use super::drain::{BlockReason, WaitReason};
use super::explain::Precedence;
use super::growth_block::GrowthBlock;
use super::reason::{CordonReason, DrainReason, GrowReason, Refusal, TerminateReason, UncordonReason, UnhealthyReason};
use super::report::{
    BufferOutcome, FellShort, FindingCode, GangOutcome, Hold, InstanceState, NodeDecision, NodeState, NotEmptied, PodVerdict,
    Proof, RequestFailure, RequestState,
};
use super::saved::Drifted;
use super::template::TemplateProblem;
use crate::scheduler::{DeviceProblem, Misfit, VolumeProblem};
use crate::snapshot::{AdviceCode, Ignored, MachineHealth, MissingFact, Rejection};

/// A published code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Code {
    /// The kind of the code.
    pub of: CodeOf,
    /// The code, as JSON has it.
    pub code: String,
    /// What it means.
    pub meaning: String,
    /// The fields that stand beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<CodeField>,
}

/// A field that stands beside a code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct CodeField {
    /// Its name in JSON.
    pub name: String,
    /// What it means.
    pub meaning: String,
}

/// The kind of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CodeOf {
    /// A step of a plan.
    Action,
    /// The state of a node.
    NodeState,
    /// What a plan does with a node.
    NodeDecision,
    /// Why a node that could be removed is not removed in this run.
    Hold,
    /// Why a busy node is not emptied although `--consolidate` is on.
    NotEmptied,
    /// Why a pod must not be moved.
    PodBlocksDrain,
    /// What a pod that could be moved waits for.
    PodWaits,
    /// Why a pod does not count when its node is drained.
    PodIgnored,
    /// What has to be proved before a node is removed.
    Proof,
    /// The state of an instance without a node.
    InstanceState,
    /// What becomes of an unbound pod.
    PodVerdict,
    /// What becomes of a gang.
    GangOutcome,
    /// What becomes of nodes that came for a gang while others did not.
    FellShort,
    /// What becomes of a CapacityBuffer.
    BufferOutcome,
    /// How far a ProvisioningRequest has come.
    RequestState,
    /// Why a ProvisioningRequest can never be served.
    RequestFailure,
    /// Why a group cannot take a pod.
    Refusal,
    /// Why a node does not take a pod, by the filters of kube-scheduler.
    Misfit,
    /// Why the volumes of a pod keep it from a node.
    VolumeProblem,
    /// Why a pod gets no devices on a node.
    DeviceProblem,
    /// Why a group cannot grow.
    GrowthBlock,
    /// Why it is not known what a new node of a group offers.
    TemplateProblem,
    /// Why a group grows.
    GrowReason,
    /// Why one group comes before another.
    Precedence,
    /// Why a node becomes schedulable again.
    UncordonReason,
    /// Why a node is cordoned.
    CordonReason,
    /// Why a node is drained.
    DrainReason,
    /// Why a node is terminated.
    TerminateReason,
    /// Why an instance on which nothing runs is ended.
    UnhealthyReason,
    /// What a person should know.
    Finding,
    /// What a person should change in the set-up of a group.
    Advice,
    /// What could not be read.
    MissingFact,
    /// The state of a machine by the word of its cloud.
    MachineHealth,
    /// Why a group that was seen is not managed.
    Rejection,
    /// How a step differs from the one that was reviewed.
    Drift,
}

/// The kind of a code, the field of JSON that holds it, and its enum.
type Family = (CodeOf, &'static str, fn() -> Schema);

/// Every enum whose codes are published.
const FAMILIES: [Family; 35] = [
    (CodeOf::Action, "action", || schema_for!(Action)),
    (CodeOf::NodeState, "state", || schema_for!(NodeState)),
    (CodeOf::NodeDecision, "decision", || schema_for!(NodeDecision)),
    (CodeOf::Hold, "code", || schema_for!(Hold)),
    (CodeOf::NotEmptied, "code", || schema_for!(NotEmptied)),
    (CodeOf::PodBlocksDrain, "reason", || schema_for!(BlockReason)),
    (CodeOf::PodWaits, "reason", || schema_for!(WaitReason)),
    (CodeOf::PodIgnored, "why", || schema_for!(Ignored)),
    (CodeOf::Proof, "proof", || schema_for!(Proof)),
    (CodeOf::InstanceState, "state", || schema_for!(InstanceState)),
    (CodeOf::PodVerdict, "code", || schema_for!(PodVerdict)),
    (CodeOf::GangOutcome, "outcome", || schema_for!(GangOutcome)),
    (CodeOf::FellShort, "next", || schema_for!(FellShort)),
    (CodeOf::BufferOutcome, "outcome", || schema_for!(BufferOutcome)),
    (CodeOf::RequestState, "state", || schema_for!(RequestState)),
    (CodeOf::RequestFailure, "because", || schema_for!(RequestFailure)),
    (CodeOf::Refusal, "because", || schema_for!(Refusal)),
    (CodeOf::Misfit, "plugin", || schema_for!(Misfit)),
    (CodeOf::VolumeProblem, "kind", || schema_for!(VolumeProblem)),
    (CodeOf::DeviceProblem, "kind", || schema_for!(DeviceProblem)),
    (CodeOf::GrowthBlock, "code", || schema_for!(GrowthBlock)),
    (CodeOf::TemplateProblem, "code", || schema_for!(TemplateProblem)),
    (CodeOf::GrowReason, "code", || schema_for!(GrowReason)),
    (CodeOf::Precedence, "decided_by", || schema_for!(Precedence)),
    (CodeOf::UncordonReason, "code", || schema_for!(UncordonReason)),
    (CodeOf::CordonReason, "code", || schema_for!(CordonReason)),
    (CodeOf::DrainReason, "code", || schema_for!(DrainReason)),
    (CodeOf::TerminateReason, "code", || schema_for!(TerminateReason)),
    (CodeOf::UnhealthyReason, "code", || schema_for!(UnhealthyReason)),
    (CodeOf::Finding, "code", || schema_for!(FindingCode)),
    (CodeOf::Advice, "code", || schema_for!(AdviceCode)),
    (CodeOf::MissingFact, "code", || schema_for!(MissingFact)),
    (CodeOf::MachineHealth, "machine", || schema_for!(MachineHealth)),
    (CodeOf::Rejection, "code", || schema_for!(Rejection)),
    (CodeOf::Drift, "code", || schema_for!(Drifted)),
];

/// Returns every published code, by its kind, in the order of its enum.
#[must_use]
pub fn codes() -> Vec<Code> {
    FAMILIES.into_iter().flat_map(|(of, tag, schema)| codes_of(of, tag, schema().as_value())).collect()
}

fn codes_of(of: CodeOf, tag: &str, schema: &Value) -> Vec<Code> {
    let code = |variant: &Value| {
        // An enum without fields has its codes as constants, the others as the constant value of a
        // property.
        let own = variant["const"].as_str().or_else(|| variant["properties"][tag]["const"].as_str())?;
        let properties = variant["properties"].as_object().into_iter().flatten();
        let fields = properties.filter(|(name, _)| *name != tag);
        Some(Code {
            of,
            code: own.to_owned(),
            meaning: sentence(variant),
            fields: fields.map(|(name, field)| CodeField { name: name.clone(), meaning: sentence(field) }).collect(),
        })
    };
    variants(schema).into_iter().filter_map(code).collect()
}

/// Returns the schemas of the variants of an enum. An enum with an untagged variant has them in a
/// list of its own.
fn variants(schema: &Value) -> Vec<&Value> {
    let lists = ["oneOf", "anyOf"].into_iter().filter_map(|name| schema[name].as_array());
    let within = |variant| {
        let nested = variants(variant);
        if nested.is_empty() { vec![variant] } else { nested }
    };
    lists.flatten().flat_map(within).collect()
}

/// Returns the description of a schema in one line.
fn sentence(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

impl CodeOf {
    /// Returns the field of JSON that has such a code.
    #[must_use]
    pub fn field(self) -> &'static str {
        FAMILIES.iter().find(|(of, ..)| *of == self).map_or("code", |(_, field, _)| field)
    }
}

impl fmt::Display for CodeOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Action => "step of a plan",
            Self::NodeState => "state of a node",
            Self::NodeDecision => "decision about a node",
            Self::Hold => "what holds a node in this run",
            Self::NotEmptied => "why a busy node is not emptied",
            Self::PodBlocksDrain => "why a pod must not be moved",
            Self::PodWaits => "what a pod to be moved waits for",
            Self::PodIgnored => "why a pod does not count when its node is emptied",
            Self::Proof => "proof before a node goes",
            Self::InstanceState => "state of an instance without a node",
            Self::PodVerdict => "what becomes of a pod without a node",
            Self::GangOutcome => "what becomes of a gang",
            Self::FellShort => "what becomes of nodes that came for a gang without others",
            Self::BufferOutcome => "what becomes of a CapacityBuffer",
            Self::RequestState => "how far a ProvisioningRequest has come",
            Self::RequestFailure => "why a ProvisioningRequest can never be served",
            Self::Refusal => "why a group does not help a pod",
            Self::Misfit => "why a node does not take a pod",
            Self::VolumeProblem => "why the volumes of a pod keep it from a node",
            Self::DeviceProblem => "why a pod gets no devices on a node",
            Self::GrowthBlock => "why a group cannot grow",
            Self::TemplateProblem => "why it is not known what a new node of a group offers",
            Self::GrowReason => "why a group grows",
            Self::Precedence => "why one group comes before another",
            Self::UncordonReason => "why a node becomes schedulable again",
            Self::CordonReason => "why a node is cordoned",
            Self::DrainReason => "why a node is emptied",
            Self::TerminateReason => "why a node is terminated",
            Self::UnhealthyReason => "why an instance ends that nothing runs on",
            Self::Finding => "finding",
            Self::Advice => "finding on the set-up of a group",
            Self::MissingFact => "what could not be read",
            Self::MachineHealth => "how a machine is, by its cloud",
            Self::Rejection => "why a group is not managed",
            Self::Drift => "how a step differs from the reviewed one",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_a_meaning_and_stands_once_in_its_list() {
        let codes = codes();
        for Code { of, code, meaning, fields } in &codes {
            assert!(meaning.ends_with('.'), "{of} {code}: {meaning:?} is no sentence");
            for field in fields {
                assert!(!field.meaning.is_empty(), "{of} {code} has {} without a meaning", field.name);
            }
        }
        let names: BTreeSet<(CodeOf, &str)> = codes.iter().map(|code| (code.of, code.code.as_str())).collect();
        assert_eq!(names.len(), codes.len());
        for (of, ..) in FAMILIES {
            assert!(codes.iter().any(|code| code.of == of), "{of:?} has no codes: its schema has another form");
        }
    }

    /// Enums of the plan whose values are no codes to look up: settings, sources of facts, and
    /// parts of sentences.
    const NO_CODES: [&str; 24] = [
        "AffinityRule",
        "BookingEnd",
        "ChangeSource",
        "Clock",
        "ClusterLimit",
        "Expander",
        "FactSource",
        "ForeignAutoscaler",
        "GangKind",
        "GangTopology",
        "LaunchWay",
        "LimitPlace",
        "Packing",
        "PodInTheWay",
        "QuotaKind",
        "RequestClass",
        "RequestConditionKind",
        "RestartPolicy",
        "RevertUnfilled",
        "RoomKind",
        "SchedulerScoring",
        "TaintEffect",
        "TakenKind",
        "TemplateDifference",
    ];

    #[test]
    fn every_enum_of_codes_in_a_plan_is_listed() {
        let names = |(of, tag, schema): Family| codes_of(of, tag, schema().as_value()).into_iter().map(|code| code.code);
        let listed: BTreeSet<BTreeSet<String>> = FAMILIES.into_iter().map(|family| names(family).collect()).collect();
        let plan = schema_for!(crate::plan::Plan).to_value();
        let definitions = plan["$defs"].as_object().expect("a plan refers to its parts");
        let unknown: Vec<&str> = NO_CODES.into_iter().filter(|name| !definitions.contains_key(*name)).collect();
        assert_eq!(unknown, Vec::<&str>::new());
        let unlisted: Vec<&String> = definitions
            .iter()
            .filter(|(name, schema)| {
                let tags = ["action", "because", "code", "decided_by", "plugin", "reason", "state", "fact", "kind"];
                let mut found = tags.iter().map(|tag| codes_of(CodeOf::Action, tag, schema));
                let codes = found.find(|codes| !codes.is_empty()).unwrap_or_default();
                let names: BTreeSet<String> = codes.into_iter().map(|code| code.code).collect();
                !names.is_empty() && !listed.contains(&names) && !NO_CODES.contains(&name.as_str())
            })
            .map(|(name, _)| name)
            .collect();
        assert_eq!(unlisted, Vec::<&String>::new());
    }
}
