//! What a pod claims, ready for the search.

use std::collections::BTreeMap;

use super::problem::DeviceProblem;
use super::shapes::{SelectorIx, SelectorTexts};
use crate::snapshot::{DeviceAlternative, DeviceClass, DeviceConstraint, DeviceNeeds, DeviceRequest};

/// A claim of a pod that has no devices yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnallocatedClaim<'a> {
    /// Its name; of claims that are alike the name of one of them.
    pub name: &'a str,
    /// Its namespace, if other pods use it, too: then they share its devices.
    pub shared_in: Option<&'a str>,
    /// What it requests.
    pub needs: &'a DeviceNeeds,
}

/// The claims of alike pods that have no devices yet.
#[derive(Debug, Clone, Default)]
pub(in crate::scheduler) struct WantedDevices<'a> {
    pub(in crate::scheduler) claims: Vec<WantedClaim<'a>>,
    /// Why no node can have them.
    pub(in crate::scheduler) problem: Option<DeviceProblem>,
}

#[derive(Debug, Clone)]
pub(in crate::scheduler) struct WantedClaim<'a> {
    pub(in crate::scheduler) claim: UnallocatedClaim<'a>,
    pub(in crate::scheduler) requests: Vec<WantedRequest<'a>>,
    pub(in crate::scheduler) constraints: &'a [DeviceConstraint],
}

#[derive(Debug, Clone)]
pub(in crate::scheduler) struct WantedRequest<'a> {
    pub(in crate::scheduler) name: &'a str,
    pub(in crate::scheduler) alternatives: Vec<WantedAlternative<'a>>,
}

#[derive(Debug, Clone)]
pub(in crate::scheduler) struct WantedAlternative<'a> {
    pub(in crate::scheduler) asked: &'a DeviceAlternative,
    /// The selectors of the class, then its own.
    pub(in crate::scheduler) selectors: Vec<SelectorIx>,
}

impl<'a> WantedDevices<'a> {
    pub(in crate::scheduler) fn of(
        claims: &[UnallocatedClaim<'a>],
        classes: &BTreeMap<&'a str, &'a DeviceClass>,
        texts: &mut SelectorTexts<'a>,
    ) -> Self {
        let mut wanted = Self::default();
        for claim in claims {
            let requests = claim.needs.requests.iter().map(|request| wanted.request(request, classes, texts)).collect();
            wanted.claims.push(WantedClaim { claim: claim.clone(), requests, constraints: &claim.needs.constraints });
        }
        wanted
    }

    fn request(
        &mut self,
        request: &'a DeviceRequest,
        classes: &BTreeMap<&'a str, &'a DeviceClass>,
        texts: &mut SelectorTexts<'a>,
    ) -> WantedRequest<'a> {
        let mut alternatives = Vec::new();
        for asked in &request.alternatives {
            let Some(class) = classes.get(asked.class.as_str()) else {
                self.problem.get_or_insert_with(|| DeviceProblem::ClassMissing {
                    request: full_name(&request.name, asked),
                    class: asked.class.clone(),
                });
                continue;
            };
            let selectors = class.selectors.iter().chain(&asked.selectors).map(|text| texts.number(text)).collect();
            alternatives.push(WantedAlternative { asked, selectors });
        }
        WantedRequest { name: &request.name, alternatives }
    }
}

/// Returns the name of a request, with that of its alternative.
pub(in crate::scheduler) fn full_name(request: &str, alternative: &DeviceAlternative) -> String {
    match &alternative.name {
        None => request.to_owned(),
        Some(name) => format!("{request}/{name}"),
    }
}
