//! The requirements of selectors and affinities, as properties of a group.

use std::collections::BTreeSet;

use super::needs::NodeNeeds;
use super::no_help::NoHelp;
use crate::snapshot::NodeSelectorOperator::{DoesNotExist, Exists, Gt, In, Lt, NotIn};
use crate::snapshot::{Market, Node, NodeSelectorRequirement, OperatingSystem, PodSpec, Snapshot};
use crate::well_known::labels::{
    ARCHITECTURES, HOSTNAME, MACHINE_TYPES, NAMES_OF_GROUPS, NETWORK_LAYERS, OF_THE_MACHINE, OPERATING_SYSTEMS, REGIONS,
    ZONE_ID, ZONES, is_reserved,
};

/// The value of a label that pods only require to be there.
const ANY_VALUE: &str = "true";

/// Returns the alternatives that a pod leaves: its selector with each term of its affinity.
pub(super) fn requirement_sets(spec: &PodSpec) -> Vec<Vec<NodeSelectorRequirement>> {
    let requirement =
        |key: &str, value: &str| NodeSelectorRequirement { key: key.to_owned(), operator: In, values: vec![value.to_owned()] };
    let selector: Vec<_> = spec.node_selector.iter().map(|(key, value)| requirement(key, value)).collect();
    let Some(terms) = &spec.node_affinity else { return vec![selector] };
    let alternative = |fields: &[NodeSelectorRequirement], expressions: &[NodeSelectorRequirement]| {
        // A field names the node, as its host name does.
        let fields = fields.iter().map(|field| NodeSelectorRequirement { key: HOSTNAME.to_owned(), ..field.clone() });
        selector.iter().cloned().chain(fields).chain(expressions.iter().cloned()).collect()
    };
    terms.iter().map(|term| alternative(&term.match_fields, &term.match_expressions)).collect()
}

/// Requirements that are read one after another.
pub(super) struct Requirements<'a> {
    snapshot: &'a Snapshot,
    needs: NodeNeeds,
    /// Zones that are excluded.
    other_zones: BTreeSet<String>,
}

impl<'a> Requirements<'a> {
    pub(super) fn new(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, needs: NodeNeeds::default(), other_zones: BTreeSet::new() }
    }

    /// Returns what a group must be like to meet requirements.
    ///
    /// # Errors
    /// Why it cannot meet them.
    pub(super) fn read(mut self, requirements: &[NodeSelectorRequirement]) -> Result<NodeNeeds, NoHelp> {
        requirements.iter().try_for_each(|requirement| self.add(requirement))?;
        // What must not be there is compared with all that is set.
        requirements.iter().try_for_each(|requirement| self.compare(requirement))?;
        if !self.other_zones.is_empty() {
            let zones = match self.needs.zones.take() {
                Some(zones) => zones,
                None => self.needs.places(self.snapshot).into_iter().collect(),
            };
            self.needs.zones = Some(zones.difference(&self.other_zones).cloned().collect());
        }
        Ok(self.needs)
    }

    fn add(&mut self, requirement: &NodeSelectorRequirement) -> Result<(), NoHelp> {
        let key = requirement.key.as_str();
        let contradiction = || NoHelp::Contradiction { label: key.to_owned() };
        let values = || requirement.values.iter().cloned().collect::<BTreeSet<String>>();
        if key == HOSTNAME {
            let is_named = matches!(requirement.operator, In | Gt | Lt | DoesNotExist);
            return if is_named { Err(NoHelp::NamesANode { requirement: words(requirement) }) } else { Ok(()) };
        }
        if OPERATING_SYSTEMS.contains(&key) {
            let is_met = meets(requirement, Some(OperatingSystem::Linux.label()));
            return if is_met { Ok(()) } else { Err(NoHelp::OtherSystem { requirement: words(requirement) }) };
        }
        if ARCHITECTURES.contains(&key) {
            let known = ["amd64", "arm64"].into_iter().filter(|name| meets(requirement, Some(name))).map(str::to_owned);
            return narrow(&mut self.needs.architectures, known.collect()).ok_or_else(contradiction);
        }
        if MACHINE_TYPES.contains(&key) {
            return match requirement.operator {
                In => narrow(&mut self.needs.machine_types, values()).ok_or_else(contradiction),
                NotIn => {
                    self.needs.other_than.extend(values());
                    Ok(())
                }
                Exists => Ok(()),
                DoesNotExist | Gt | Lt => Err(contradiction()),
            };
        }
        if ZONES.contains(&key) || key == ZONE_ID {
            return self.add_zones(requirement).ok_or_else(contradiction);
        }
        if REGIONS.contains(&key) {
            let names = self.snapshot.regions.iter().map(|region| region.name.as_str());
            let region = names.filter(|name| meets(requirement, Some(name))).map(str::to_owned).next();
            let place = || NoHelp::NoRegion { place: requirement.values.join(" or ") };
            self.needs.region = Some(region.ok_or_else(place)?);
            return Ok(());
        }
        if OF_THE_MACHINE.iter().chain([&NETWORK_LAYERS]).any(|beginning| key.starts_with(beginning)) {
            return self.add_label_of_machine(requirement);
        }
        self.add_label(requirement)
    }

    fn add_zones(&mut self, requirement: &NodeSelectorRequirement) -> Option<()> {
        let name = |value: &String| {
            let of_id = self.snapshot.zones.iter().find(|zone| requirement.key == ZONE_ID && zone.id == *value);
            of_id.map_or_else(|| value.clone(), |zone| zone.name.clone())
        };
        let named: BTreeSet<String> = requirement.values.iter().map(name).collect();
        match requirement.operator {
            In => narrow(&mut self.needs.zones, named),
            NotIn => {
                self.other_zones.extend(named);
                Some(())
            }
            Exists => Some(()),
            DoesNotExist | Gt | Lt => None,
        }
    }

    /// Takes the machines that are seen to have a label which software gives to hardware.
    fn add_label_of_machine(&mut self, requirement: &NodeSelectorRequirement) -> Result<(), NoHelp> {
        let key = requirement.key.as_str();
        if matches!(requirement.operator, NotIn | DoesNotExist) {
            return Ok(());
        }
        let unknown = || NoHelp::LabelOfTheMachine { label: key.to_owned() };
        let value_on = |node: &'a Node| node.labels.get(key).filter(|value| meets(requirement, Some(value.as_str())));
        let nodes = || self.snapshot.nodes.iter();
        let value = nodes().find_map(value_on).ok_or_else(unknown)?.to_string();
        let has_value = |node: &&Node| node.labels.get(key).is_some_and(|own| own.as_str() == value);
        let types = nodes().filter(has_value).filter_map(|node| MACHINE_TYPES.iter().find_map(|label| node.labels.get(label)));
        let types: BTreeSet<String> = types.map(ToString::to_string).collect();
        narrow(&mut self.needs.machine_types, types).ok_or_else(unknown)?;
        self.set_label(key, &value)
    }

    fn add_label(&mut self, requirement: &NodeSelectorRequirement) -> Result<(), NoHelp> {
        let key = requirement.key.as_str();
        let bound = || requirement.values.first().and_then(|value| value.parse::<i64>().ok());
        let contradiction = || NoHelp::Contradiction { label: key.to_owned() };
        let value = match requirement.operator {
            NotIn | DoesNotExist => return Ok(()),
            In => {
                let own = self.needs.labels.get(key);
                let first = requirement.values.iter().find(|value| own.is_none_or(|own| own == *value));
                first.ok_or_else(contradiction)?.clone()
            }
            Exists => match self.needs.labels.get(key) {
                Some(own) => own.clone(),
                None => self.value_in_use(key).unwrap_or_else(|| ANY_VALUE.to_owned()),
            },
            Gt => bound().and_then(|bound| bound.checked_add(1)).ok_or_else(contradiction)?.to_string(),
            Lt => bound().and_then(|bound| bound.checked_sub(1)).ok_or_else(contradiction)?.to_string(),
        };
        // What sets it on nodes that are there sets it on new ones as well.
        if is_reserved(key) && self.value_in_use(key).is_none() {
            return Err(NoHelp::LabelReserved { label: key.to_owned() });
        }
        if NAMES_OF_GROUPS.contains(&key) {
            self.needs.name = Some(value.clone());
        }
        if let Some(market) = market_named(&value) {
            self.needs.market = Some(market);
        }
        self.set_label(key, &value)
    }

    fn set_label(&mut self, key: &str, value: &str) -> Result<(), NoHelp> {
        match self.needs.labels.insert(key.to_owned(), value.to_owned()) {
            Some(before) if before != value => Err(NoHelp::Contradiction { label: key.to_owned() }),
            _ => Ok(()),
        }
    }

    fn compare(&self, requirement: &NodeSelectorRequirement) -> Result<(), NoHelp> {
        let Some(value) = self.needs.labels.get(&requirement.key) else { return Ok(()) };
        match meets(requirement, Some(value)) {
            true => Ok(()),
            false => Err(NoHelp::Contradiction { label: requirement.key.clone() }),
        }
    }

    /// Returns a value that nodes or groups have for a label.
    fn value_in_use(&self, key: &str) -> Option<String> {
        let of_nodes = self.snapshot.nodes.iter().filter_map(|node| node.labels.get(key));
        let of_groups = self.snapshot.groups.iter().flat_map(|group| [&group.tags.labels, &group.node_group.labels]);
        of_nodes.chain(of_groups.filter_map(|labels| labels.get(key))).map(ToString::to_string).min()
    }
}

/// Returns how machines are paid for by the value of a label that says so, whatever its key.
fn market_named(value: &str) -> Option<Market> {
    let letters: String = value.chars().filter(char::is_ascii_alphabetic).map(|letter| letter.to_ascii_lowercase()).collect();
    match letters.as_str() {
        "ondemand" => Some(Market::OnDemand),
        letters if letters.ends_with("spot") => Some(Market::Spot),
        _ => None,
    }
}

/// Keeps of a set what another one has as well; nothing where that is nothing.
fn narrow(set: &mut Option<BTreeSet<String>>, to: BTreeSet<String>) -> Option<()> {
    let kept: BTreeSet<String> = match set.take() {
        Some(own) => own.intersection(&to).cloned().collect(),
        None => to,
    };
    (!kept.is_empty()).then(|| *set = Some(kept))
}

/// Whether a value meets a requirement on its label.
fn meets(requirement: &NodeSelectorRequirement, value: Option<&str>) -> bool {
    let is_listed = |value: &str| requirement.values.iter().any(|listed| listed == value);
    let number = |text: &str| text.parse::<i64>().ok();
    let bound = || requirement.values.first().and_then(|bound| number(bound));
    match requirement.operator {
        In => value.is_some_and(is_listed),
        NotIn => !value.is_some_and(is_listed),
        Exists => value.is_some(),
        DoesNotExist => value.is_none(),
        Gt => value.and_then(number).zip(bound()).is_some_and(|(value, bound)| value > bound),
        Lt => value.and_then(number).zip(bound()).is_some_and(|(value, bound)| value < bound),
    }
}

fn words(requirement: &NodeSelectorRequirement) -> String {
    match (requirement.operator, requirement.values.as_slice()) {
        (In, [value]) => format!("{}={value}", requirement.key),
        (operator, []) => format!("{} {operator:?}", requirement.key),
        (operator, values) => format!("{} {operator:?} ({})", requirement.key, values.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requirement(operator: crate::snapshot::NodeSelectorOperator, values: &[&str]) -> NodeSelectorRequirement {
        let values = values.iter().map(ToString::to_string).collect();
        NodeSelectorRequirement { key: "k".to_owned(), operator, values }
    }

    #[test]
    fn a_value_says_how_machines_are_paid_for_in_any_spelling() {
        for (value, market) in [
            ("spot", Some(Market::Spot)),
            ("SPOT", Some(Market::Spot)),
            ("Instance-Spot", Some(Market::Spot)),
            ("on-demand", Some(Market::OnDemand)),
            ("ON_DEMAND", Some(Market::OnDemand)),
            ("spotless", None),
            ("demand", None),
            ("", None),
        ] {
            assert_eq!(market_named(value), market, "{value}");
        }
    }

    #[test]
    fn a_value_meets_a_requirement_as_the_scheduler_has_it() {
        for (operator, values, value, expected) in [
            (In, &["a", "b"][..], Some("b"), true),
            (In, &["a"], None, false),
            (NotIn, &["a"], None, true),
            (NotIn, &["a"], Some("a"), false),
            (Exists, &[], Some(""), true),
            (DoesNotExist, &[], None, true),
            (Gt, &["4"], Some("5"), true),
            (Gt, &["4"], Some("4"), false),
            (Lt, &["4"], Some("3"), true),
            (Lt, &["4"], Some("x"), false),
        ] {
            assert_eq!(meets(&requirement(operator, values), value), expected, "{operator:?} {values:?} {value:?}");
        }
    }

    #[test]
    fn a_set_is_narrowed_and_never_to_nothing() {
        let set = |names: &[&str]| names.iter().map(ToString::to_string).collect::<BTreeSet<String>>();
        let mut known = None;
        assert_eq!(narrow(&mut known, set(&["a", "b"])), Some(()));
        assert_eq!(narrow(&mut known, set(&["b", "c"])), Some(()));
        assert_eq!(known, Some(set(&["b"])));
        assert_eq!(narrow(&mut known, set(&["a"])), None);
    }
}
