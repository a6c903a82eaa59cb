//! Errors that end a run in a way of their own.

use crate::exit::ExitCode;

/// An error that ends a run in a way of its own.
pub(super) trait UserFacing {
    /// Returns the exit code of a run that ends with it.
    fn exit_code(&self) -> ExitCode {
        ExitCode::Failed
    }

    /// Returns lines that belong below the message.
    fn details(&self) -> Vec<String> {
        Vec::new()
    }

    /// Returns the way out, where the message does not hold it.
    fn hint(&self) -> Option<String> {
        None
    }
}
