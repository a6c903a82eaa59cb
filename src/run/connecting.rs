//! Connects to the cluster and its cloud.

use super::{Environment, RunError, settings};
use crate::cli::LiveFlags;
use crate::cloud::openstack_settings_in_sight;
use crate::gather::{Clients, GatherError};

/// Connects as the flags and the environment have it.
///
/// # Errors
/// When there is no usable configuration. Where AWS has none and OpenStack has, `--cloud` was
/// forgotten, most likely.
pub(super) async fn connect(live: &LiveFlags, environment: &Environment) -> anyhow::Result<Clients> {
    let options = settings::connect_options(live, environment)?;
    let connected = Box::pin(Clients::connect(&options)).await;
    connected.map_err(|error| match forgotten_cloud(&error, environment) {
        Some(forgotten) => forgotten.into(),
        None => error.into(),
    })
}

fn forgotten_cloud(error: &GatherError, environment: &Environment) -> Option<RunError> {
    let GatherError::Cloud(cause) = error else { return None };
    let place = openstack_settings_in_sight(&environment.variable).filter(|_| cause.may_mean_another_cloud())?;
    Some(RunError::usage(
        cause.to_string(),
        format!(
            "there are settings of an OpenStack cloud ({place}): add --cloud magnum for the node groups of a Magnum cluster"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::CloudError;
    use crate::cloud::aws::AwsError;
    use crate::run::user_facing::UserFacing;

    fn environment(variable: fn(&str) -> Option<String>) -> Environment {
        Environment { clock: jiff::Timestamp::now, variable, names: Vec::new }
    }

    #[test]
    fn settings_of_openstack_without_any_of_aws_name_the_flag() {
        let no_region = || GatherError::from(CloudError::from(AwsError::NoRegion));
        let openstack = environment(|name| (name == "OS_AUTH_URL").then(|| "https://keystone:5000".to_owned()));
        let hint = forgotten_cloud(&no_region(), &openstack).and_then(|error| error.hint());
        assert!(hint.is_some_and(|hint| hint.contains("(OS_AUTH_URL): add --cloud magnum")));
        let odd = AwsError::NotARegion { name: "RegionOne".into(), hint: String::new() };
        assert!(forgotten_cloud(&CloudError::from(odd).into(), &openstack).is_some());
        let denied = GatherError::from(CloudError::from(AwsError::AccessDenied { permission: "a" }));
        assert!(forgotten_cloud(&denied, &openstack).is_none());
    }
}
