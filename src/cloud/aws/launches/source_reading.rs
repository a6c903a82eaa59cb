//! Reads the launch configurations and launch templates of the groups of a region.

use std::collections::{BTreeMap, BTreeSet};

use super::problem::LaunchProblem;
use super::sources::{LaunchSource, LaunchSources, TemplateVersion, of_configuration};
use super::template_versions;
use crate::cloud::aws::error::AwsError;
use crate::cloud::aws::sign_in::clients::RegionClients;

const ACTION: &str = "autoscaling:DescribeLaunchConfigurations";
/// AWS takes at most this many names in one call.
const BATCH: usize = 50;

/// Reads these launch configurations and templates.
pub(crate) async fn describe(
    clients: &RegionClients,
    configurations: &BTreeSet<String>,
    templates: &BTreeSet<TemplateVersion>,
) -> LaunchSources {
    let templates = template_versions::describe(clients, templates);
    let (configurations, templates) = futures::join!(describe_configurations(clients, configurations), templates);
    LaunchSources { configurations, templates }
}

async fn describe_configurations(
    clients: &RegionClients,
    names: &BTreeSet<String>,
) -> BTreeMap<String, Result<LaunchSource, LaunchProblem>> {
    let names: Vec<&String> = names.iter().collect();
    let mut sources = BTreeMap::new();
    for batch in names.chunks(BATCH) {
        let wanted = batch.iter().map(|name| (*name).clone()).collect();
        let call = clients.autoscaling.describe_launch_configurations().set_launch_configuration_names(Some(wanted));
        let found = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let found = found.map_err(|error| AwsError::of(ACTION, &clients.region, &error));
        for name in batch {
            let source = found.as_ref().map_err(|error| error.clone().into()).and_then(|found| {
                let found = found.iter().find(|it| it.launch_configuration_name() == Some(name));
                let none = || LaunchProblem::unclear(format!("launch configuration {name} does not exist"));
                found.map(of_configuration).ok_or_else(none)
            });
            sources.insert((*name).clone(), source);
        }
    }
    sources
}
