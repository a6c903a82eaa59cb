//! What no filling of a node is worth more than, by a table of what is left of some resources.
//!
//! The linear program of a node is far from its best filling where the pods are large for it. Here
//! pods are whole again: dynamic programming goes over what is left of the resources with few
//! amounts, and the others are paid for as the program does (Fisher, "The Lagrangian Relaxation
//! Method for Solving Integer Programming Problems", 1981). As many pods of a shape may be chosen
//! as fit.

use crate::plan::amounts::greatest_common_divisor;

/// How many times the cells of a table are looked at, at most.
pub(super) const MOST_LOOKS: u64 = 1_500_000;
/// A resource with more amounts is divided into no fewer.
const FEWEST: u64 = 64;

/// A resource that the table has.
struct Axis {
    resource: usize,
    unit: i64,
    length: usize,
}

/// Returns what no filling is worth more than, which is the least that several tables show.
/// `of_resources` is what all that is free of each resource is worth; the items are the requests
/// and the worth of a pod.
pub(super) fn at_most(free: &[i64], of_resources: &[f64], items: &[(&[i64], f64)]) -> f64 {
    let each = (0..free.len()).filter(|resource| of_resources[*resource] > 0.0);
    let first = by_table(free, of_resources, items, None);
    each.map(|resource| by_table(free, of_resources, items, Some(resource))).fold(first, f64::min)
}

/// Returns that where a certain resource is paid for.
fn by_table(free: &[i64], of_resources: &[f64], items: &[(&[i64], f64)], without: Option<usize>) -> f64 {
    let (axes, paid) = axes(free, of_resources, items, without);
    let length = axes.iter().map(|axis| axis.length).product();
    let mut best = vec![0.0_f64; length];
    let mut fixed = 0.0;
    let mut prices = vec![0.0; free.len()];
    for resource in paid {
        fixed += of_resources[resource];
        #[expect(clippy::cast_precision_loss, reason = "the result is rounded up")]
        let price = of_resources[resource] / free[resource] as f64;
        prices[resource] = price;
    }
    for (requests, worth) in items {
        #[expect(clippy::cast_precision_loss, reason = "the result is rounded up")]
        let cost: f64 = requests.iter().zip(&prices).map(|(requested, price)| *requested as f64 * price).sum();
        let step = |axis: &Axis| usize::try_from(requests[axis.resource] / axis.unit).unwrap_or(0);
        let steps: Vec<usize> = axes.iter().map(step).collect();
        if *worth > cost {
            add(&mut best, &axes, &steps, worth - cost);
        }
    }
    (fixed + best.last().copied().unwrap_or(0.0)) * (1.0 + 1e-9)
}

/// Returns the resources that the table has, and those that are paid for.
fn axes(free: &[i64], of_resources: &[f64], items: &[(&[i64], f64)], without: Option<usize>) -> (Vec<Axis>, Vec<usize>) {
    let unit = |resource: usize| {
        let requested = items.iter().map(|(requests, _)| requests[resource].unsigned_abs());
        requested.fold(0, greatest_common_divisor).max(1)
    };
    let amounts = |resource: usize| free[resource].unsigned_abs() / unit(resource) + 1;
    let mut order: Vec<usize> = (0..free.len()).filter(|resource| of_resources[*resource] > 0.0).collect();
    order.sort_by_cached_key(|resource| amounts(*resource));
    let (mut axes, mut paid, mut left) = (Vec::new(), Vec::new(), MOST_LOOKS / (items.len() as u64).max(1));
    for resource in order {
        if without == Some(resource) {
            paid.push(resource);
            continue;
        }
        let length = amounts(resource).min(left);
        if length < amounts(resource).min(FEWEST) {
            paid.push(resource);
            continue;
        }
        let unit = if length == amounts(resource) { unit(resource) } else { free[resource].unsigned_abs() / length + 1 };
        left /= length;
        let length = usize::try_from(free[resource].unsigned_abs() / unit + 1).unwrap_or(1);
        axes.push(Axis { resource, unit: i64::try_from(unit).unwrap_or(i64::MAX), length });
    }
    (axes, paid)
}

/// Adds pods of a shape, any number of them, where they fit.
fn add(best: &mut [f64], axes: &[Axis], steps: &[usize], gain: f64) {
    let Some((last, others)) = axes.split_last() else { return };
    let step = steps[others.len()];
    if step >= last.length || axes.iter().zip(steps).any(|(axis, step)| *step >= axis.length) {
        return;
    }
    let mut back = step;
    let mut stride = last.length;
    for (axis, step) in others.iter().zip(steps).rev() {
        back += step * stride;
        stride *= axis.length;
    }
    if back == 0 {
        // It takes less than a unit of everything, so any number of them seems to fit.
        best.fill(f64::INFINITY);
        return;
    }
    for row in 0..best.len() / last.length {
        let mut place = row;
        let reaches = others.iter().zip(steps).rev().all(|(axis, step)| {
            let at = place % axis.length;
            place /= axis.length;
            at >= *step
        });
        if reaches {
            for cell in row * last.length + step..(row + 1) * last.length {
                best[cell] = best[cell].max(best[cell - back] + gain);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_pods_are_worth_less_than_parts_of_them() {
        let pods: [(&[i64], f64); 1] = [(&[3], 3.0)];
        assert!((at_most(&[8], &[8.0], &pods) - 6.0).abs() < 1e-6);
    }

    #[test]
    fn what_the_table_does_not_have_is_paid_for() {
        // The second resource has more amounts than the table has cells left.
        let pods: [(&[i64], f64); 2] = [(&[300, 7], 5.0), (&[1, 900_001], 1.0)];
        let bound = at_most(&[10_000, 1_000_000], &[40.0, 2.0], &pods);
        assert!((165.0..=168.0).contains(&bound), "{bound}");
    }
}
