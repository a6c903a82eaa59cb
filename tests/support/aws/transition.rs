//! The two ways on which a lifecycle hook can stop an instance.

/// In or out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Transition {
    /// `Pending:Wait` before `InService`.
    Launching,
    /// `Terminating:Wait` before `Terminating`.
    Terminating,
}

impl Transition {
    /// As the API spells it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Launching => "autoscaling:EC2_INSTANCE_LAUNCHING",
            Self::Terminating => "autoscaling:EC2_INSTANCE_TERMINATING",
        }
    }
}
