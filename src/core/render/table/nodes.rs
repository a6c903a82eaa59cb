//! The nodes with which something is done.

use super::page::Tone;
use super::rows::{Row, Rows};
use super::shortened::SharedAnswer;
use crate::plan::{NodeDecision, NodeReport, Plan};

pub(super) fn nodes(plan: &Plan) -> Rows {
    Rows::new(plan.nodes.iter().filter(|node| node.decision != NodeDecision::Keep).map(row))
}

fn row(node: &NodeReport) -> Row {
    let tone = if node.decision == NodeDecision::Uncordon { Tone::More } else { Tone::Less };
    let group = node.group.as_ref().map_or_else(String::new, |group| group.name.clone());
    let code = format!("{}, {:?}", <&str>::from(&node.state), node.decision);
    let answer = Some(SharedAnswer { of: group.clone(), code });
    Row { tone, cells: vec![node.node.clone(), group], sentence: node.message.clone(), sentence_tone: tone, answer }
}
