//! OpenStack Magnum: node groups of one cluster, their servers and their failures.
//!
//! | folder | holds |
//! |---|---|
//! | `sign_in` | settings, Keystone, the catalog, and single requests to the services |

mod error;
pub(crate) mod sign_in;

pub use error::{MagnumError, RequestError, ServerWords, TokenKind};
pub use sign_in::options::MagnumOptions;
pub use sign_in::service::Service;
pub use sign_in::session::Session;
