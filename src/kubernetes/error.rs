//! Why the cluster could not be read: one line for each reason, with the way out.

use super::call::{ApiRefusal, CallError};
use super::conversion::ConversionError;
use super::list::ListError;
use super::permission::Permission;

/// Why the cluster could not be read.
#[derive(Debug, thiserror::Error)]
pub enum KubernetesError {
    /// Nothing names the cluster.
    #[error(
        "no kubeconfig (neither $KUBECONFIG nor ~/.kube/config) and not inside a cluster; give --kubeconfig FILE, or write one \
         with `aws eks update-kubeconfig --name CLUSTER`"
    )]
    NoKubeconfig,
    /// `KUBECONFIG` names files that do not exist.
    #[error("KUBECONFIG is {value:?}, and there is no such file; set it to a kubeconfig, give --kubeconfig FILE, or unset it")]
    KubeconfigNowhere {
        /// The value of the variable.
        value: String,
    },
    /// A kubeconfig can't be used.
    #[error("kubeconfig {path} can't be used: {problem}")]
    BadKubeconfig {
        /// The file or files.
        path: String,
        /// What is wrong.
        problem: String,
    },
    /// The pod lacks what it needs to reach the API server.
    #[error("the pod's service account can't be used: {problem}; check automountServiceAccountToken")]
    BadServiceAccount {
        /// What is wrong.
        problem: String,
    },
    /// `--context` names none of the contexts.
    #[error("kubeconfig has no context {context:?}; it has {}", listed(known))]
    UnknownContext {
        /// The name that was given.
        context: String,
        /// The contexts there are.
        known: Vec<String>,
    },
    /// There is neither `--context` nor a current context.
    #[error("kubeconfig has no current context; give --context, one of {}", listed(known))]
    NoContext {
        /// The contexts there are.
        known: Vec<String>,
    },
    /// The plugin or file that should give credentials does not.
    #[error("no credentials for the Kubernetes API: {problem}")]
    Credentials {
        /// Its message.
        problem: String,
    },
    /// There was no answer.
    #[error("the Kubernetes API at {url} can't be reached: {cause}")]
    Unreachable {
        /// The URL.
        url: String,
        /// The causes in one line.
        cause: String,
    },
    /// The certificates don't match.
    #[error(
        "no trusted connection to the Kubernetes API at {url}: {cause}; check server and certificate-authority in the kubeconfig"
    )]
    Tls {
        /// The URL.
        url: String,
        /// The causes in one line.
        cause: String,
    },
    /// The server answered 401.
    #[error(
        "the Kubernetes API at {url} does not accept the credentials (401); they may have expired: log in again, or run \
         `aws eks update-kubeconfig --name CLUSTER`"
    )]
    Unauthorized {
        /// The URL.
        url: String,
    },
    /// The server answered 403.
    #[error("{who} lacks the permission {permission}")]
    Forbidden {
        /// The user or service account, as the server calls it.
        who: String,
        /// The permission that is missing.
        permission: Permission,
    },
    /// The answer has another form than was requested.
    #[error("{what} could not be read from {url}: {cause}")]
    Incomplete {
        /// The kind.
        what: String,
        /// The URL.
        url: String,
        /// Why.
        cause: String,
    },
    /// An object has an unknown form.
    #[error("{0}")]
    NotUnderstood(#[from] ConversionError),
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

impl KubernetesError {
    /// Makes the error of a list of `K` that is not complete.
    pub(crate) fn from_list<K: kube::Resource<DynamicType = ()>>(error: ListError, url: &str) -> Self {
        Self::from_list_error(error, Permission::to_list::<K>(), url)
    }

    /// Makes the error of a list that needs a permission and is not complete.
    pub(crate) fn from_list_error(error: ListError, permission: Permission, url: &str) -> Self {
        match error {
            ListError::Call(error) => Self::from_call(error, permission, url),
            ListError::Object(error) => Self::NotUnderstood(error),
        }
    }

    /// Makes the error of a request that needs a permission.
    pub(crate) fn from_call(error: CallError, permission: Permission, url: &str) -> Self {
        let url = url.to_owned();
        match error {
            CallError::Refused(ApiRefusal { code: 401, .. }) => Self::Unauthorized { url },
            CallError::Refused(ApiRefusal { code: 403, message, .. }) => Self::Forbidden { who: subject(&message), permission },
            CallError::Connection(cause) => Self::Unreachable { url, cause },
            CallError::Tls(cause) => Self::Tls { url, cause },
            CallError::Credentials(problem) => Self::Credentials { problem },
            useless @ (CallError::Refused(_) | CallError::TooLong { .. } | CallError::Malformed(_)) => {
                Self::Incomplete { what: permission.resource, url, cause: useless.to_string() }
            }
        }
    }
}

/// Returns the user that a 403 names: `pods is forbidden: User "x" cannot list resource …`.
fn subject(message: &str) -> String {
    let named = message.split_once("User \"").and_then(|(_, rest)| rest.split_once('"'));
    named.map_or_else(|| "this user".to_owned(), |(user, _)| user.to_owned())
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Pod;
    use k8s_openapi::api::storage::v1::CSINode;

    use super::*;

    const URL: &str = "https://10.0.0.1";

    fn refused(code: u16, message: &str) -> CallError {
        CallError::Refused(ApiRefusal { code, message: message.to_owned(), retry_after: None })
    }

    #[test]
    fn a_denied_call_names_who_lacks_what() {
        let message =
            r#"pods is forbidden: User "system:serviceaccount:kube-system:ec2-autoscale" cannot list resource "pods""#;
        assert_eq!(
            KubernetesError::from_call(refused(403, message), Permission::to_list::<Pod>(), URL).to_string(),
            "system:serviceaccount:kube-system:ec2-autoscale lacks the permission list pods (cluster-wide); add it to its ClusterRole"
        );
        assert_eq!(
            KubernetesError::from_call(refused(403, ""), Permission::to_list::<CSINode>(), URL).to_string(),
            "this user lacks the permission list csinodes.storage.k8s.io (cluster-wide); add it to its ClusterRole"
        );
    }

    #[test]
    fn each_failure_is_one_line_that_names_the_server() {
        for (error, start) in [
            (refused(401, "Unauthorized"), "the Kubernetes API at https://10.0.0.1 does not accept the credentials (401)"),
            (refused(500, "etcd is gone"), "pods could not be read from https://10.0.0.1: 500 etcd is gone"),
            (
                CallError::Malformed("no metadata".into()),
                "pods could not be read from https://10.0.0.1: the answer is not understood: no metadata",
            ),
            (CallError::Connection("refused".into()), "the Kubernetes API at https://10.0.0.1 can't be reached: refused"),
            (CallError::Tls("expired".into()), "no trusted connection to the Kubernetes API at https://10.0.0.1: expired"),
        ] {
            let text = KubernetesError::from_call(error, Permission::to_list::<Pod>(), URL).to_string();
            assert!(text.starts_with(start) && !text.contains('\n'), "{text}");
        }
    }
}
