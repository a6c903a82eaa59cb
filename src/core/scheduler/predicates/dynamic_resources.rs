//! `DynamicResources`: a resource claim that is allocated is a node selector. One that is not
//! allocated is not implemented here ([`crate::scheduler::not_modelled`]).

use crate::scheduler::matching::matches;
use crate::scheduler::{Misfit, NodeView, PodView};

pub(super) fn refuses(pod: &PodView<'_>, node: &NodeView<'_>) -> Option<Misfit> {
    let elsewhere = pod.devices.iter().find(|claim| {
        let selector = claim.allocation.as_ref().and_then(|allocation| allocation.node_selector.as_ref());
        selector.is_some_and(|terms| !terms.iter().any(|term| matches(term, node)))
    })?;
    Some(Misfit::DynamicResources { claim: elsewhere.name.clone() })
}
