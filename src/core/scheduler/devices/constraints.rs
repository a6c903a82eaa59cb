//! Rules among the devices of one claim, in the scheduler's own way of counting
//! (`matchAttributeConstraint` and `distinctAttributeConstraint`).

use std::collections::BTreeMap;

use crate::snapshot::{AttributeRule, Device, DeviceAttribute, DeviceConstraint};

/// The request that a device is chosen for.
#[derive(Debug, Clone, Copy)]
pub(super) struct ForRequest<'a> {
    pub(super) request: &'a str,
    /// The entry of `firstAvailable`.
    pub(super) alternative: Option<&'a str>,
}

/// A constraint with the devices that are chosen.
#[derive(Debug, Clone)]
pub(super) struct ConstraintState<'a> {
    constraint: &'a DeviceConstraint,
    devices: usize,
    common: Option<&'a DeviceAttribute>,
    /// The newest value of each request: the scheduler forgets the earlier ones of the same.
    distinct: BTreeMap<&'a str, &'a DeviceAttribute>,
}

impl<'a> ConstraintState<'a> {
    pub(super) fn new(constraint: &'a DeviceConstraint) -> Self {
        Self { constraint, devices: 0, common: None, distinct: BTreeMap::new() }
    }

    /// Adds a device if the constraint allows it. Returns whether it does.
    pub(super) fn add(&mut self, of: ForRequest<'a>, driver: &str, device: &'a Device) -> bool {
        if !self.is_about(of) {
            return true;
        }
        let Some(value) = attribute(driver, device, &self.constraint.attribute) else { return false };
        match self.constraint.rule {
            AttributeRule::Match if self.devices == 0 => self.common = Some(value),
            AttributeRule::Match if self.common != Some(value) || *value == DeviceAttribute::Unsupported => return false,
            AttributeRule::Match => {}
            AttributeRule::Distinct if self.devices > 0 && self.distinct.values().any(|other| *other == value) => return false,
            AttributeRule::Distinct => {
                self.distinct.insert(of.request, value);
            }
        }
        self.devices += 1;
        true
    }

    /// Takes back a device that was added.
    pub(super) fn remove(&mut self, of: ForRequest<'a>) {
        if !self.is_about(of) {
            return;
        }
        self.distinct.remove(of.request);
        self.devices = self.devices.saturating_sub(1);
    }

    fn is_about(&self, of: ForRequest<'_>) -> bool {
        let names = &self.constraint.requests;
        let is_alternative =
            |name: &String| of.alternative.is_some_and(|alternative| name.split_once('/') == Some((of.request, alternative)));
        names.is_empty() || names.iter().any(|name| name == of.request || is_alternative(name))
    }
}

/// Returns an attribute by its name with a domain; the driver's own may be stored without
/// (`lookupAttribute`).
fn attribute<'d>(driver: &str, device: &'d Device, name: &str) -> Option<&'d DeviceAttribute> {
    let of_driver = || match name.split_once('/') {
        Some((domain, name)) if domain == driver => device.attributes.get(name),
        Some(_) | None => None,
    };
    device.attributes.get(name).or_else(of_driver)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(model: Option<&str>) -> Device {
        let attributes = model.map(|model| ("model".to_owned(), DeviceAttribute::String(model.to_owned())));
        Device { name: "d".to_owned(), attributes: attributes.into_iter().collect(), ..Device::default() }
    }

    fn constraint(rule: AttributeRule, requests: &[&str]) -> DeviceConstraint {
        let requests = requests.iter().map(|name| (*name).to_owned()).collect();
        DeviceConstraint { requests, rule, attribute: "gpu.example.com/model".to_owned() }
    }

    const OF_A: ForRequest<'static> = ForRequest { request: "a", alternative: Some("big") };
    const OF_B: ForRequest<'static> = ForRequest { request: "b", alternative: None };
    const DRIVER: &str = "gpu.example.com";

    #[test]
    fn devices_with_a_value_in_common() {
        let (one, other, none) = (device(Some("x")), device(Some("y")), device(None));
        let constraint = constraint(AttributeRule::Match, &[]);
        let mut state = ConstraintState::new(&constraint);
        assert!(!state.add(OF_A, DRIVER, &none), "it lacks the attribute");
        assert!(!state.add(OF_A, "other.example.com", &one), "the name is of another driver");
        assert!(state.add(OF_A, DRIVER, &one) && !state.add(OF_B, DRIVER, &other) && state.add(OF_B, DRIVER, &one));
        state.remove(OF_A);
        state.remove(OF_B);
        assert!(state.add(OF_B, DRIVER, &other), "the first one decides again");
    }

    #[test]
    fn devices_without_a_value_in_common() {
        let (one, other) = (device(Some("x")), device(Some("y")));
        let constraint = constraint(AttributeRule::Distinct, &[]);
        let mut state = ConstraintState::new(&constraint);
        assert!(state.add(OF_A, DRIVER, &one) && !state.add(OF_B, DRIVER, &one) && state.add(OF_B, DRIVER, &other));
    }

    #[test]
    fn a_constraint_is_about_the_requests_that_it_names() {
        let (one, other) = (device(Some("x")), device(Some("y")));
        for (requests, is_about) in [(["a"], true), (["a/big"], true), (["a/small"], false), (["b"], false)] {
            let constraint = constraint(AttributeRule::Match, &requests);
            let mut state = ConstraintState::new(&constraint);
            assert!(state.add(OF_A, DRIVER, &one));
            assert_eq!(!state.add(OF_A, DRIVER, &other), is_about, "{requests:?}");
        }
    }
}
