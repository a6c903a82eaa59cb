//! The Kubernetes API: connections, single requests and their retries, whole lists, and the
//! conversion of objects.
//!
//! This is the ground of `gather`, `apply` and `notify`, and knows none of them.
//!
//! - `connection`, `proxy`: a client of the cluster that the kubeconfig or the pod's service
//!   account names
//! - `call`, `retry`: one request, sent again where that may help
//! - `list`, `page_size`, `object`: every object of a kind, or one by its name
//! - `served`: the API groups that a server has, with their versions
//! - `access_review`: whether a service account may do something
//! - `watch`: the changes of a kind, as they come
//! - `write`: what a failed write means for another attempt
//! - [`reading`]: each kind of object in the snapshot's form
//! - `error`, `permission`, `conversion`: what can go wrong

pub(crate) mod access_review;
pub(crate) mod call;
mod connection;
mod conversion;
mod error;
pub(crate) mod list;
pub(crate) mod object;
mod page_size;
mod permission;
mod proxy;
pub mod reading;
pub(crate) mod retry;
pub(crate) mod served;
mod server;
mod traced;
pub(crate) mod watch;
pub(crate) mod write;

pub use connection::connect_kubernetes;
pub use conversion::{ConversionError, ConversionProblem};
pub use error::KubernetesError;
pub use permission::Permission;
pub use server::ApiServer;
