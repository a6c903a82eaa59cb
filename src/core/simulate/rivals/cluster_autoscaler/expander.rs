//! The expander: which group grows. `least-waste`, the default, takes the one with the least idle
//! CPU after the growth and, of equals, the least unused memory; `random` takes any (FAQ, "What are
//! Expanders?"). Of equals the lot decides.

use super::estimate::NodeEstimate;

/// Returns the place of the option that is taken.
pub(super) fn choose(options: &[NodeEstimate], is_random: bool, lot: u64) -> Option<usize> {
    let key = |option: &NodeEstimate| if is_random { [0.0; 2] } else { option.idle };
    let compare = |a: &[f64; 2], b: &[f64; 2]| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1]));
    let least = options.iter().map(key).min_by(compare)?;
    let equals: Vec<usize> = (0..options.len()).filter(|place| compare(&key(&options[*place]), &least).is_eq()).collect();
    let number = lot % u64::try_from(equals.len()).unwrap_or(u64::MAX);
    equals.get(usize::try_from(number).unwrap_or(0)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(cpu: f64, memory: f64) -> NodeEstimate {
        NodeEstimate { nodes: 1, pods: 1, idle: [cpu, memory] }
    }

    #[test]
    fn the_least_idle_cpu_wins_then_the_least_unused_memory_then_the_lot() {
        let options = [option(0.5, 0.0), option(0.25, 0.5), option(0.25, 0.1), option(0.25, 0.1)];
        assert_eq!([0, 1, 2].map(|lot| choose(&options, false, lot)), [Some(2), Some(3), Some(2)]);
        assert_eq!([0, 1, 2, 3, 4].map(|lot| choose(&options, true, lot)), [0, 1, 2, 3, 0].map(Some));
        assert_eq!(choose(&[], false, 0), None);
    }
}
