//! kube-scheduler's questions: may this pod be placed on this node?
mod misfit;
pub use misfit::{Misfit, Plugin};
