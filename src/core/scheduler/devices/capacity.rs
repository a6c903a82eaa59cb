//! How much of a device's capacity a claim takes
//! (`structured/internal/incubating/consumable_capacity.go`).

use std::collections::BTreeMap;

use crate::snapshot::{DeviceCapacity, Quantity, ValidAmounts};

/// CapacityAmounts of capacities, by name.
pub(super) type CapacityAmounts<'a> = BTreeMap<&'a str, Quantity>;

/// Whether a device has enough for one more request beside what is `taken`. A request for what the
/// device does not have is never met.
pub(super) fn is_enough(
    requested: &BTreeMap<String, Quantity>,
    capacity: &BTreeMap<String, DeviceCapacity>,
    taken: &[&CapacityAmounts<'_>],
) -> bool {
    requested.keys().all(|name| capacity.contains_key(name))
        && capacity.iter().all(|(name, has)| {
            let wanted = consumed(requested.get(name).copied(), has);
            let others = taken.iter().filter_map(|amounts| amounts.get(name.as_str()));
            is_valid(wanted, has) && others.fold(wanted, |sum, other| sum.plus(*other)) <= has.value
        })
}

/// Returns what a request takes of a device that several may share.
pub(super) fn amounts_taken<'a>(
    requested: &BTreeMap<String, Quantity>,
    capacity: &'a BTreeMap<String, DeviceCapacity>,
) -> CapacityAmounts<'a> {
    capacity.iter().map(|(name, has)| (name.as_str(), consumed(requested.get(name).copied(), has))).collect()
}

fn consumed(requested: Option<Quantity>, has: &DeviceCapacity) -> Quantity {
    let Some(requested) = requested else { return has.default.unwrap_or(has.value) };
    match &has.valid {
        Some(ValidAmounts::Values(values)) => values.iter().copied().find(|value| requested <= *value).unwrap_or(requested),
        Some(ValidAmounts::Range { min, .. }) if requested < *min => *min,
        None | Some(ValidAmounts::Range { step: None, .. }) => requested,
        Some(ValidAmounts::Range { min, step: Some(step), .. }) => {
            let (min, step) = (min.value(), step.value().max(1));
            let steps = (requested.value() - min).div_euclid(step) + i64::from((requested.value() - min).rem_euclid(step) > 0);
            Quantity::of_units(min.saturating_add(steps.saturating_mul(step)))
        }
    }
}

fn is_valid(amount: Quantity, has: &DeviceCapacity) -> bool {
    if has.default == Some(amount) {
        return true;
    }
    match &has.valid {
        Some(ValidAmounts::Values(values)) if !values.is_empty() => values.contains(&amount),
        Some(ValidAmounts::Range { min, max, step }) => {
            let is_step = |step: Quantity| (amount.value() - min.value()).rem_euclid(step.value().max(1)) == 0;
            max.is_none_or(|max| amount <= max) && step.is_none_or(is_step)
        }
        Some(ValidAmounts::Values(_)) | None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantity(text: &str) -> Quantity {
        Quantity::parse(text).expect("a quantity")
    }

    fn memory(valid: Option<ValidAmounts>) -> BTreeMap<String, DeviceCapacity> {
        let has = DeviceCapacity { value: quantity("10"), default: Some(quantity("4")), valid };
        BTreeMap::from([("memory".to_owned(), has)])
    }

    fn wanting(text: &str) -> BTreeMap<String, Quantity> {
        BTreeMap::from([("memory".to_owned(), quantity(text))])
    }

    #[test]
    fn what_a_request_takes() {
        let range = |min: &str, max: Option<&str>, step: Option<&str>| {
            Some(ValidAmounts::Range { min: quantity(min), max: max.map(quantity), step: step.map(quantity) })
        };
        let values = Some(ValidAmounts::Values(vec![quantity("2"), quantity("8")]));
        let cases = [
            (None, wanting("3"), Some("3")),
            (None, BTreeMap::new(), Some("4")),
            (None, wanting("11"), None),
            (values.clone(), wanting("3"), Some("8")),
            (values, wanting("9"), None),
            (range("2", None, Some("3")), wanting("1"), Some("2")),
            (range("2", None, Some("3")), wanting("3"), Some("5")),
            (range("2", Some("6"), None), wanting("7"), None),
        ];
        for (valid, requested, taken) in cases {
            let capacity = memory(valid);
            let amounts = amounts_taken(&requested, &capacity);
            let is_enough = is_enough(&requested, &capacity, &[]);
            assert_eq!(is_enough.then(|| amounts["memory"]), taken.map(quantity), "{capacity:?} {requested:?}");
        }
    }

    #[test]
    fn what_others_have_is_gone() {
        let capacity = memory(None);
        let others = CapacityAmounts::from([("memory", quantity("4"))]);
        assert!(is_enough(&wanting("2"), &capacity, &[&others, &others]));
        assert!(!is_enough(&wanting("3"), &capacity, &[&others, &others]));
        assert!(!is_enough(&BTreeMap::from([("cores".to_owned(), quantity("1"))]), &capacity, &[]));
    }
}
