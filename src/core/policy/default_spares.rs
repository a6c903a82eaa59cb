//! How many spares are kept where only `--type-idle-threshold` states for how long.

/// The number of the predecessor, `kubernetes-ec2-autoscaler`.
const DEFAULT_SPARES: u32 = 5;

/// Returns how many idle nodes of a shape are kept as spares, of which `stated` is known so far.
/// `names` tells which settings a command line, or a group's tags, name.
pub fn spares(stated: u32, names: impl Fn(&str) -> bool) -> u32 {
    let is_only_time = names("type-idle-threshold") && !names("type-idle-count");
    if is_only_time && stated == 0 { DEFAULT_SPARES } else { stated }
}
