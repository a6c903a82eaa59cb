//! One server by its id.

use crate::cloud::magnum::api::ServerAnswer;
use crate::cloud::magnum::error::{MagnumError, RequestError};
use crate::cloud::magnum::sign_in::service::Service;
use crate::cloud::magnum::sign_in::session::Session;

/// `GET /servers/{id}` has the server in an object of its own.
#[derive(serde::Deserialize)]
struct OneServer {
    server: ServerAnswer,
}

/// Returns a server as it is now, or `None` when Nova does not know it.
///
/// # Errors
/// When it could not be read.
pub(crate) async fn find_server(session: &Session, id: &str) -> Result<Option<ServerAnswer>, RequestError> {
    if !is_id(id) {
        return Ok(None);
    }
    match session.get::<OneServer>(Service::Compute, &format!("/servers/{id}")).await {
        Ok(one) => Ok(Some(one.server)),
        Err(RequestError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the addresses and the name of a server; none when Nova does not know it.
///
/// # Errors
/// When it could not be read.
pub(crate) async fn addresses_of(session: &Session, id: &str) -> Result<Vec<String>, MagnumError> {
    Ok(find_server(session, id).await?.map_or_else(Vec::new, |server| server.names()))
}

/// Whether a text can be a server's id: what a Node states of itself must not become another path.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_no_path() {
        assert!(is_id("1b4e28ba-2fa1-11d2-883f-0016d3cca427"));
        for text in ["", "detail?all_tenants=1", "a/../b", "%2e"] {
            assert!(!is_id(text), "{text}");
        }
    }
}
