//! What new nodes are wanted for.

/// What is bought for when groups are ranked.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'w> {
    pub(super) class: usize,
    /// Pods of the class that have no place.
    pub(super) pods: u32,
    /// The same of any class.
    pub(super) left_of: &'w dyn Fn(usize) -> u32,
}
