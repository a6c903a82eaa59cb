//! What pods and objects get that ask for room together: a line each.

use super::page::Tone;
use super::rows::{Row, Rows};
use crate::plan::{BufferOutcome, GangOutcome, Plan, RequestState};

/// Lists what happens to the pods of manifests, and to those of nodes that are taken away.
pub(super) fn added(plan: &Plan) -> Rows {
    let added = plan.added.iter().map(|added| {
        let tone = match (added.not_placed.is_empty(), added.places.on_new_nodes.is_empty()) {
            (false, _) => Tone::Warning,
            (true, false) => Tone::More,
            (true, true) => Tone::Plain,
        };
        Row::sentence(tone, &added.message)
    });
    let without = plan.without.iter().map(|without| {
        let tone = match without.not_placed.is_empty() && without.lost.is_empty() {
            false => Tone::Warning,
            true if without.places.on_new_nodes.is_empty() => Tone::Plain,
            true => Tone::More,
        };
        Row::sentence(tone, &without.message)
    });
    Rows::new(added.chain(without))
}

pub(super) fn gangs(plan: &Plan) -> Rows {
    Rows::new(plan.gangs.iter().map(|gang| {
        let tone = match gang.outcome {
            GangOutcome::WithoutRoom => Tone::Warning,
            _ if !gang.places.on_new_nodes.is_empty() => Tone::More,
            GangOutcome::Runs | GangOutcome::HasRoom | GangOutcome::Incomplete => Tone::Plain,
        };
        Row::named(tone, &format!("{}/{}", gang.namespace, gang.gang.name), &gang.message)
    }))
}

/// Lists the objects that are about to have more pods.
pub(super) fn expected(plan: &Plan) -> Rows {
    Rows::new(plan.expected.iter().map(|expected| {
        let tone = if expected.places.on_new_nodes.is_empty() { Tone::Plain } else { Tone::More };
        Row::named(tone, &expected.room_for.object, &expected.message)
    }))
}

pub(super) fn buffers(plan: &Plan) -> Rows {
    Rows::new(plan.buffers.iter().map(|buffer| {
        let tone = match buffer.outcome {
            BufferOutcome::Short | BufferOutcome::Unresolved => Tone::Warning,
            _ if !buffer.places.on_new_nodes.is_empty() => Tone::More,
            BufferOutcome::Whole | BufferOutcome::Filling | BufferOutcome::Empty | BufferOutcome::OtherStrategy => Tone::Plain,
        };
        Row::named(tone, &format!("{}/{}", buffer.namespace, buffer.name), &buffer.message)
    }))
}

/// Lists the ProvisioningRequests.
pub(super) fn requests(plan: &Plan) -> Rows {
    Rows::new(plan.requests.iter().map(|report| {
        let tone = match &report.state {
            RequestState::WithoutRoom { .. } | RequestState::Fails { .. } | RequestState::Unknown => Tone::Warning,
            _ if !report.places.on_new_nodes.is_empty() => Tone::More,
            RequestState::Provisioned
            | RequestState::Coming { .. }
            | RequestState::Booked { .. }
            | RequestState::BookingEnds { .. }
            | RequestState::LeftToAnother { .. } => Tone::Plain,
        };
        Row::named(tone, &report.request, &report.message)
    }))
}
