//! `NodeResourcesFit`: every resource the pod asks for must be free; asking for nothing of it never blocks.

use crate::scheduler::{Misfit, PodView};

pub(super) fn refuses(pod: &PodView<'_>, free: &[i64]) -> Option<Misfit> {
    let (column, asked, free) =
        pod.asks().map(|(column, asked)| (column, asked, free[column])).find(|(_, asked, free)| asked > free)?;
    let resource = pod.resources.name(column).to_owned();
    Some(Misfit::NodeResourcesFit { resource, asked, free: free.max(0) })
}

/// How many such pods fit in what is free. A pod always asks for one of `pods`, so the answer is finite.
pub(super) fn room(pod: &PodView<'_>, free: &[i64]) -> u32 {
    let asks = || pod.asks().map(|(column, asked)| (asked, free[column]));
    // Most nodes are full, and to compare is far quicker than to divide.
    if asks().any(|(asked, free)| free < asked) {
        return 0;
    }
    let fitting = asks().map(|(asked, free)| free / asked).min().unwrap_or(0);
    u32::try_from(fitting).unwrap_or(u32::MAX)
}
