//! Flags and variables that name what does not exist, where only a server or a file could show
//! that: wrong usage, with the name that may have been meant.

use super::user_facing::UserFacing;
use crate::cloud::{CloudError, Misnamed};
use crate::did_you_mean::{did_you_mean, near};
use crate::exit::ExitCode;
use crate::gather::GatherError;
use crate::gather::manifests::ReplicasError;
use crate::kubernetes::KubernetesError;

impl UserFacing for ReplicasError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Usage
    }
}

impl UserFacing for GatherError {
    fn exit_code(&self) -> ExitCode {
        let is_wrong_usage = match self {
            Self::NoClusterName { .. } => true,
            Self::Kubernetes(error) => is_wrong_context(error),
            Self::Cloud(error) => error.misnamed().is_some(),
        };
        if is_wrong_usage { ExitCode::Usage } else { ExitCode::Failed }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Kubernetes(KubernetesError::UnknownContext { context, known }) => {
                did_you_mean(&near(context, known.iter().cloned()))
            }
            Self::Cloud(error) => meant_in_the_cloud(error),
            Self::Kubernetes(_) | Self::NoClusterName { .. } => None,
        }
    }
}

fn is_wrong_context(error: &KubernetesError) -> bool {
    match error {
        KubernetesError::UnknownContext { .. } => true,
        KubernetesError::NoKubeconfig
        | KubernetesError::KubeconfigNowhere { .. }
        | KubernetesError::BadKubeconfig { .. }
        | KubernetesError::BadServiceAccount { .. }
        | KubernetesError::NoContext { .. }
        | KubernetesError::Credentials { .. }
        | KubernetesError::Unreachable { .. }
        | KubernetesError::Tls { .. }
        | KubernetesError::Unauthorized { .. }
        | KubernetesError::Forbidden { .. }
        | KubernetesError::Incomplete { .. }
        | KubernetesError::NotUnderstood(_) => false,
    }
}

fn meant_in_the_cloud(error: &CloudError) -> Option<String> {
    match error.misnamed()? {
        Misnamed::NoRegion => None,
        Misnamed::Region { name, known } => did_you_mean(&near(name, known.into_iter().map(str::to_owned))),
        Misnamed::Group { name, known } => did_you_mean(&near(name, known.iter().map(|group| group.name.clone()))),
        Misnamed::CloudSettings { name, known } | Misnamed::Cluster { name, known } => {
            did_you_mean(&near(name, known.iter().cloned()))
        }
        Misnamed::Profile { name, known } => {
            let near = did_you_mean(&near(name, known.iter().cloned()));
            near.or_else(|| Some("set AWS_PROFILE to a profile that is there, or unset it".to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::AwsError;
    use crate::cloud::magnum::MagnumError;
    use crate::snapshot::GroupId;

    fn from_aws(error: AwsError) -> GatherError {
        CloudError::from(error).into()
    }

    fn meaning(error: &GatherError) -> (ExitCode, Option<String>) {
        (error.exit_code(), error.hint())
    }

    #[test]
    fn a_name_that_nothing_has_is_wrong_usage_and_the_nearest_is_suggested() {
        let group = |name: &str| GroupId { region: "us-west-2".into(), name: name.into() };
        let known = vec!["dev".into(), "prod".into()];
        for (error, hint) in [
            (GatherError::from(KubernetesError::UnknownContext { context: "prdo".into(), known }), "did you mean prod?"),
            (
                from_aws(AwsError::NotARegion { name: "us-wset-2".into(), hint: String::new() }),
                "did you mean us-west-2 or us-west-1 or eu-west-2?",
            ),
            (
                from_aws(AwsError::UnknownGroup { name: "gpus".into(), seen: vec![group("cpu"), group("gpu")] }),
                "did you mean gpu or cpu?",
            ),
            (
                from_aws(AwsError::NoSuchProfile {
                    profile: "x-y-z".into(),
                    files: "a nor b".into(),
                    known: vec!["dev".into()],
                }),
                "set AWS_PROFILE to a profile that is there, or unset it",
            ),
        ] {
            assert_eq!(meaning(&error), (ExitCode::Usage, Some(hint.to_owned())), "{error}");
        }
    }

    #[test]
    fn names_of_an_openstack_cloud_are_suggested_as_well() {
        let known = || vec!["RegionOne".to_owned(), "RegionTwo".to_owned()];
        let region = MagnumError::NoSuchRegion { name: "RegionOn".into(), known: known() };
        let cluster = MagnumError::NoSuchCluster { name: "k8s-prdo".into(), known: vec!["k8s-prod".into()] };
        for (error, hint) in [(region, "did you mean RegionOne?"), (cluster, "did you mean k8s-prod?")] {
            let error = GatherError::from(CloudError::from(error));
            assert!(error.hint().is_some_and(|found| found.starts_with(hint.trim_end_matches('?'))), "{:?}", error.hint());
            assert_eq!(error.exit_code(), ExitCode::Usage);
        }
    }

    #[test]
    fn what_a_server_refuses_is_a_failure() {
        let denied = from_aws(AwsError::AccessDenied { permission: "a" });
        assert_eq!(meaning(&denied), (ExitCode::Failed, None));
    }
}
