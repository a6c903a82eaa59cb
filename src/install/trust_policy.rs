//! Who may take a role: the service account of the CronJob, by one of the two ways of EKS.
//! <https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html> and
//! <https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html>

use serde_json::{Value, json};

use super::POLICY_LANGUAGE;

/// A service account in the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceAccount {
    /// Its namespace.
    pub(crate) namespace: String,
    /// Its name.
    pub(crate) name: String,
}

/// Who vouches for the service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TrustedIssuer {
    /// The cluster's own OpenID Connect issuer (IRSA).
    OpenIdConnect {
        /// The number of the account that has the provider.
        account: String,
        /// The partition of AWS, such as `aws` or `aws-cn`.
        partition: String,
        /// The issuer without `https://`.
        issuer: String,
    },
    /// EKS Pod Identity.
    PodIdentity,
}

/// Returns the trust policy as JSON.
#[must_use]
pub(crate) fn trust_policy(account: &ServiceAccount, issuer: &TrustedIssuer) -> Value {
    let statement = match issuer {
        TrustedIssuer::OpenIdConnect { account: number, partition, issuer } => {
            let subject = format!("system:serviceaccount:{}:{}", account.namespace, account.name);
            let provider = format!("arn:{partition}:iam::{number}:oidc-provider/{issuer}");
            let tests = json!({format!("{issuer}:aud"): "sts.amazonaws.com", format!("{issuer}:sub"): subject});
            json!({
                "Effect": "Allow",
                "Principal": {"Federated": provider},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": tests},
            })
        }
        TrustedIssuer::PodIdentity => json!({
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            // Without this every association of the account could take the role.
            "Condition": {"StringEquals": {
                "aws:RequestTag/kubernetes-namespace": account.namespace,
                "aws:RequestTag/kubernetes-service-account": account.name,
            }},
        }),
    };
    json!({"Version": POLICY_LANGUAGE, "Statement": [statement]})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> ServiceAccount {
        ServiceAccount { namespace: "kube-system".into(), name: "ec2-autoscale".into() }
    }

    #[test]
    fn an_issuer_vouches_for_this_account_and_for_this_audience_only() {
        let issuer = TrustedIssuer::OpenIdConnect {
            account: "123456789012".into(),
            partition: "aws".into(),
            issuer: "oidc.eks.us-west-2.amazonaws.com/id/EXAMPLE".into(),
        };
        let statement = &trust_policy(&account(), &issuer)["Statement"][0];
        assert_eq!(
            statement["Principal"]["Federated"],
            "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/EXAMPLE"
        );
        assert_eq!(
            statement["Condition"]["StringEquals"],
            json!({
                "oidc.eks.us-west-2.amazonaws.com/id/EXAMPLE:aud": "sts.amazonaws.com",
                "oidc.eks.us-west-2.amazonaws.com/id/EXAMPLE:sub": "system:serviceaccount:kube-system:ec2-autoscale",
            })
        );
    }

    #[test]
    fn pod_identity_is_limited_to_this_account() {
        let statement = &trust_policy(&account(), &TrustedIssuer::PodIdentity)["Statement"][0];
        assert_eq!(statement["Action"], json!(["sts:AssumeRole", "sts:TagSession"]));
        assert_eq!(statement["Condition"]["StringEquals"]["aws:RequestTag/kubernetes-service-account"], "ec2-autoscale");
    }
}
