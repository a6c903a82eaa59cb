//! `NodeResourcesFit`: every resource that the pod requests must be free; a request of 0 never
//! blocks.

use crate::scheduler::{Misfit, PodView};

pub(super) fn refuses(pod: &PodView<'_>, free: &[i64]) -> Option<Misfit> {
    let (column, asked, free) =
        pod.requested().map(|(column, asked)| (column, asked, free[column])).find(|(_, asked, free)| asked > free)?;
    let resource = pod.resources.name(column).to_owned();
    Some(Misfit::NodeResourcesFit { resource, asked, free: free.max(0) })
}

/// Returns how many such pods fit in what is free. A pod always requests one of `pods`, so the
/// number is finite.
pub(super) fn room(pod: &PodView<'_>, free: &[i64]) -> u32 {
    let requested = || pod.requested().map(|(column, asked)| (asked, free[column]));
    // Most nodes are full, and a comparison is far quicker than a division.
    if requested().any(|(asked, free)| free < asked) {
        return 0;
    }
    let fitting = requested().map(|(asked, free)| free / asked).min().unwrap_or(0);
    u32::try_from(fitting).unwrap_or(u32::MAX)
}
