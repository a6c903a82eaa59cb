//! What new nodes are wanted for.

use crate::plan::pending::ClassIx;

/// What is bought for when groups are ranked.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'w> {
    pub(super) class: ClassIx,
    /// Pods of the class that have no place.
    pub(super) pods: u32,
    /// The same of any class.
    pub(super) left_of: &'w dyn Fn(ClassIx) -> u32,
}
