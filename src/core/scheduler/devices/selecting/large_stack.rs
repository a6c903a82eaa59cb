//! Work that goes many calls deep, on a stack that is large enough: an expression that anybody may
//! write must not end the program.

use std::thread;

/// The size in bytes. Without optimisation the parser takes 8 MiB for the deepest expressions.
const LARGE: usize = 64 << 20;

/// Does the work on a thread with a large stack; `None` where there can be none.
pub(super) fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    thread::scope(|scope| thread::Builder::new().stack_size(LARGE).spawn_scoped(scope, work).ok()?.join().ok())
}
