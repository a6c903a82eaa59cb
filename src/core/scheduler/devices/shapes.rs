//! Devices that no selector can tell apart. Each selector is compiled once, and evaluated once for
//! each shape.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexSet;

use super::selecting::{NamesRead, Selector, SelectorLanguage, SelectorOutcome};
use crate::index_vec::{IndexVec, Number, numbers};
use crate::snapshot::{Device, DeviceAttribute, DeviceCapacity, DeviceConstraint};

numbers! {
    /// What selectors read of a device.
    pub(in crate::scheduler) struct ShapeIx;
    /// A selector.
    pub(in crate::scheduler) struct SelectorIx;
}

/// All that a plan spends on selectors, in the unit of the limit of one; some seconds. There may be
/// thousands of dear ones.
const MOST_SPENT: u64 = 20_000_000;

/// Selectors that cost no more are evaluated in any case.
const CHEAP: u64 = 2_000;

const ALL_TOO_DEAR: &str = "the selectors of all claims together are too dear for one plan, and this one is not cheap";

/// What selectors read of a device.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct DeviceShape<'a> {
    driver: &'a str,
    attributes: Vec<(&'a str, &'a DeviceAttribute)>,
    capacity: Vec<(&'a str, &'a DeviceCapacity)>,
    is_shared: bool,
}

/// The shapes of the devices, and what each selector states of them.
#[derive(Clone, Default)]
pub(in crate::scheduler) struct Shapes<'a> {
    known: IndexSet<DeviceShape<'a>>,
    outcomes: IndexVec<ShapeIx, IndexVec<SelectorIx, SelectorOutcome>>,
    /// The selectors that fail on any device.
    failing: BTreeSet<SelectorIx>,
    /// What evaluating dear selectors has cost so far.
    spent: u64,
    selectors: Option<Arc<Selectors>>,
}

/// The selectors of all claims and classes.
struct Selectors {
    language: SelectorLanguage,
    all: IndexVec<SelectorIx, Selector>,
    names: NamesRead,
}

impl std::fmt::Debug for Shapes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shapes").field("known", &self.known).field("outcomes", &self.outcomes).finish_non_exhaustive()
    }
}

/// Selectors while they are collected, each once.
#[derive(Default)]
pub(in crate::scheduler) struct SelectorTexts<'a> {
    texts: IndexSet<&'a str>,
}

impl<'a> SelectorTexts<'a> {
    /// Returns the number of an expression.
    pub(in crate::scheduler) fn number(&mut self, expression: &'a str) -> SelectorIx {
        SelectorIx::from_index(self.texts.insert_full(expression).0)
    }
}

impl<'a> Shapes<'a> {
    /// Returns no shapes, for these selectors. `constraints` compare attributes as well.
    pub(in crate::scheduler) fn new(
        texts: &SelectorTexts<'_>,
        constraints: impl Iterator<Item = &'a DeviceConstraint>,
    ) -> Self {
        let language = SelectorLanguage::new();
        let all: IndexVec<SelectorIx, Selector> = texts.texts.iter().map(|text| language.compile(text)).collect();
        let mut names = NamesRead::default();
        all.iter().for_each(|selector| names.add_all(selector.names_read()));
        constraints.for_each(|constraint| names.add(&constraint.attribute));
        Self { selectors: Some(Arc::new(Selectors { language, all, names })), ..Self::default() }
    }

    /// Returns the shape of a device.
    pub(in crate::scheduler) fn shape(&mut self, driver: &'a str, device: &'a Device) -> ShapeIx {
        let Some(selectors) = self.selectors.clone() else { return ShapeIx::from_index(0) };
        // What is not supported fails every selector, whether that reads it or not.
        let is_read = |name: &str, value: Option<&DeviceAttribute>| {
            selectors.names.has(name) || value == Some(&DeviceAttribute::Unsupported)
        };
        let attributes = device.attributes.iter().filter(|(name, value)| is_read(name, Some(value)));
        let capacity = device.capacity.iter().filter(|(name, _)| is_read(name, None));
        let (number, is_new) = self.known.insert_full(DeviceShape {
            driver,
            attributes: attributes.map(|(name, value)| (name.as_str(), value)).collect(),
            capacity: capacity.map(|(name, value)| (name.as_str(), value)).collect(),
            is_shared: device.is_shared,
        });
        if is_new {
            let outcomes = selectors.outcomes(driver, device, &mut self.spent);
            let failing = outcomes.iter_numbered().filter(|(_, outcome)| matches!(outcome, SelectorOutcome::Fails(_)));
            self.failing.extend(failing.map(|(selector, _)| selector));
            self.outcomes.push(outcomes);
        }
        ShapeIx::from_index(number)
    }

    /// Returns what a selector states of devices of a shape.
    pub(super) fn outcome(&self, selector: SelectorIx, shape: ShapeIx) -> &SelectorOutcome {
        &self.outcomes[shape][selector]
    }

    /// Whether a selector fails on any device.
    pub(in crate::scheduler) fn has_failed(&self, selector: SelectorIx) -> bool {
        self.failing.contains(&selector)
    }
}

impl Selectors {
    fn outcomes(&self, driver: &str, device: &Device, spent: &mut u64) -> IndexVec<SelectorIx, SelectorOutcome> {
        let read = |names: &BTreeMap<String, DeviceAttribute>| {
            let is_read = |name: &str, value: &DeviceAttribute| self.names.has(name) || *value == DeviceAttribute::Unsupported;
            names
                .iter()
                .filter(|(name, value)| is_read(name, value))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect()
        };
        let capacity = device.capacity.iter().filter(|(name, _)| self.names.has(name));
        let seen = Device {
            attributes: read(&device.attributes),
            capacity: capacity.map(|(name, value)| (name.clone(), value.clone())).collect(),
            is_shared: device.is_shared,
            ..Device::default()
        };
        match self.language.variables(driver, &seen) {
            Ok(variables) => {
                let outcome = |selector: &Selector| {
                    *spent = spent.saturating_add(selector.cost());
                    match selector.cost() > CHEAP && *spent > MOST_SPENT {
                        true => SelectorOutcome::Fails(ALL_TOO_DEAR.to_owned()),
                        false => selector.outcome(&variables),
                    }
                };
                self.all.iter().map(outcome).collect()
            }
            Err(error) => self.all.iter().map(|_| SelectorOutcome::Fails(error.clone())).collect(),
        }
    }
}
