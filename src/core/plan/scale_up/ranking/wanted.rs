//! The pods that new nodes are wanted for.

use crate::plan::pending::ClassIx;

/// The pods that are bought for when groups are ranked.
#[derive(Clone, Copy)]
pub(in crate::plan::scale_up) struct Wanted<'w> {
    pub(in crate::plan::scale_up) class: ClassIx,
    /// The classes that have their turn after it.
    pub(in crate::plan::scale_up) later: &'w [ClassIx],
    /// Pods of the class that have no place.
    pub(in crate::plan::scale_up) pods: u32,
    /// The same of any class.
    pub(in crate::plan::scale_up) left_of: &'w dyn Fn(ClassIx) -> u32,
}
