//! The cluster by its name or UUID.

use crate::cloud::magnum::api::{self, ClusterAnswer};
use crate::cloud::magnum::error::{MagnumError, RequestError};
use crate::cloud::magnum::sign_in::service::Service;
use crate::cloud::magnum::sign_in::session::Session;

/// Finds the cluster that `--cluster-name` means. Its UUID is used from then on: a name may become
/// that of two clusters.
///
/// # Errors
/// When there is none or several of that name, or when it could not be read.
pub(crate) async fn find(session: &Session, name: &str) -> Result<ClusterAnswer, MagnumError> {
    if !can_be_a_name(name) {
        return Err(no_such_cluster(session, name).await);
    }
    match by_uuid(session, name).await {
        Ok(cluster) => Ok(cluster),
        Err(RequestError::NotFound(_)) => Err(no_such_cluster(session, name).await),
        Err(RequestError::Conflict(_)) => Err(MagnumError::ManyClusters { name: name.to_owned() }),
        Err(error) => Err(error.into()),
    }
}

/// Reads the cluster again.
///
/// # Errors
/// When it could not be read.
pub(crate) async fn by_uuid(session: &Session, uuid: &str) -> Result<ClusterAnswer, RequestError> {
    session.get(Service::ContainerInfra, &format!("/clusters/{uuid}")).await
}

/// Whether Magnum takes the text for a name (`api/controllers/v1/cluster.py`: letters, digits and
/// `_.-`); no other may become a part of a path.
fn can_be_a_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.-".contains(letter))
}

async fn no_such_cluster(session: &Session, name: &str) -> MagnumError {
    let mut known = api::cluster_names(session).await.unwrap_or_default();
    known.sort();
    known.dedup();
    MagnumError::NoSuchCluster { name: name.to_owned(), known }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path() {
        assert!(can_be_a_name("k8s-prod_1.2") && can_be_a_name("1b4e28ba-2fa1-11d2-883f-0016d3cca427"));
        for text in ["", "a/b", "a?b", "a b", "a%2fb"] {
            assert!(!can_be_a_name(text), "{text}");
        }
    }
}
