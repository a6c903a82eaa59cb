//! The versions of launch templates that groups name, in few calls.
//!
//! Without a template, EC2 describes the `$Latest` or the `$Default` version of every template of
//! the account, 200 on a page
//! (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html>).
//! That finds numbered versions, too, where they are the latest ones, which tools that pin versions
//! mostly name. What is not found there takes one call a template. From [`TOGETHER_FROM`] versions
//! on they are read together. Where an account has so many templates that half as many pages as
//! versions do not find them all, that costs at most as many calls again.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::LaunchTemplateVersion;
use futures::{StreamExt as _, stream};

use super::problem::LaunchProblem;
use super::sources::{LaunchSource, TemplateRef, TemplateVersion, of_template};
use crate::cloud::aws::error::AwsError;
use crate::cloud::aws::sign_in::clients::RegionClients;

const ACTION: &str = "ec2:DescribeLaunchTemplateVersions";
const LATEST: &str = "$Latest";
const DEFAULT: &str = "$Default";
/// EC2 describes at most this many versions on a page.
const PAGE: i32 = 200;
/// From this many versions on, reading those of all templates takes fewer calls.
const TOGETHER_FROM: usize = 3;
/// At most this many of the calls for single templates are made at a time.
const PARALLEL: usize = 8;

/// What versions hold, or why that is not known.
pub(super) type TemplateVersions = BTreeMap<TemplateVersion, Result<LaunchSource, LaunchProblem>>;

/// Reads these versions.
pub(super) async fn describe(clients: &RegionClients, wanted: &BTreeSet<TemplateVersion>) -> TemplateVersions {
    let mut search = VersionSearch { left: wanted.clone(), found: BTreeMap::new() };
    for alias in [LATEST, DEFAULT] {
        if search.left.iter().filter(|version| may_be(alias, version)).count() < TOGETHER_FROM {
            continue;
        }
        match read_all(clients, alias, &mut search).await {
            Ok(()) => {}
            // Servers that stand in for EC2 may know only versions of one template.
            Err(error) if error.is_about_what_was_asked() => break,
            Err(error) => return search.failed(&error),
        }
    }
    let VersionSearch { left, mut found } = search;
    let calls = by_template(left).into_iter().map(|(template, versions)| describe_one(clients, template, versions));
    let answers: Vec<TemplateVersions> = stream::iter(calls.collect::<Vec<_>>()).buffered(PARALLEL).collect().await;
    found.extend(answers.into_iter().flatten());
    found
}

/// The versions that are still to be found, and those that were.
#[derive(Debug)]
struct VersionSearch {
    left: BTreeSet<TemplateVersion>,
    found: TemplateVersions,
}

impl VersionSearch {
    /// Notes a version under every name by which it may be wanted. `alias` is the one under which
    /// EC2 described it.
    fn note(&mut self, alias: &str, version: &LaunchTemplateVersion) {
        let Some(data) = version.launch_template_data() else { return };
        let id = version.launch_template_id.clone().map(TemplateRef::Id);
        let name = version.launch_template_name.clone().map(TemplateRef::Name);
        let default = (version.default_version == Some(true)).then(|| DEFAULT.to_owned());
        let number = version.version_number.map(|number| number.to_string());
        let names: BTreeSet<String> = [Some(alias.to_owned()), default, number].into_iter().flatten().collect();
        for template in [id, name].into_iter().flatten() {
            for name in &names {
                let key = TemplateVersion { template: template.clone(), version: name.clone() };
                if let Some(key) = self.left.take(&key) {
                    self.found.insert(key, Ok(LaunchSource { version: number_of(version), ..of_template(data) }));
                }
            }
        }
    }

    /// Gives everything that was not found the same reason.
    fn failed(mut self, error: &AwsError) -> TemplateVersions {
        self.found.extend(self.left.into_iter().map(|version| (version, Err(error.clone().into()))));
        self.found
    }
}

/// Whether the version of that alias may be the one that is wanted.
fn may_be(alias: &str, wanted: &TemplateVersion) -> bool {
    wanted.version == alias || !wanted.version.starts_with('$')
}

/// Reads the versions with an alias of all templates, until everything that is wanted is found.
async fn read_all(clients: &RegionClients, alias: &str, search: &mut VersionSearch) -> Result<(), AwsError> {
    let call = clients.ec2.describe_launch_template_versions().versions(alias);
    let mut pages = call.into_paginator().page_size(PAGE).send();
    for _ in 0..(search.left.len() / 2).max(1) {
        if search.left.is_empty() {
            break;
        }
        let Some(page) = pages.next().await else { break };
        let page = page.map_err(|error| AwsError::of(ACTION, &clients.region, &error))?;
        page.launch_template_versions().iter().for_each(|version| search.note(alias, version));
    }
    Ok(())
}

fn by_template(versions: BTreeSet<TemplateVersion>) -> BTreeMap<TemplateRef, Vec<TemplateVersion>> {
    let mut by_template: BTreeMap<TemplateRef, Vec<TemplateVersion>> = BTreeMap::new();
    for version in versions {
        by_template.entry(version.template.clone()).or_default().push(version);
    }
    by_template
}

/// Reads versions of one template. One that does not exist would fail the call for all, so that
/// each is then read by itself.
async fn describe_one(clients: &RegionClients, template: TemplateRef, versions: Vec<TemplateVersion>) -> TemplateVersions {
    let mut answer = describe_together(clients, &template, &versions).await;
    if versions.len() > 1 && answer.as_ref().is_err_and(AwsError::is_about_what_was_asked) {
        let mut each = TemplateVersions::new();
        for version in versions {
            answer = describe_together(clients, &template, std::slice::from_ref(&version)).await;
            each.extend(found_in(&answer, vec![version]));
        }
        return each;
    }
    found_in(&answer, versions)
}

async fn describe_together(
    clients: &RegionClients,
    template: &TemplateRef,
    versions: &[TemplateVersion],
) -> Result<Vec<LaunchTemplateVersion>, AwsError> {
    let numbers = versions.iter().map(|version| version.version.clone()).collect();
    let call = clients.ec2.describe_launch_template_versions().set_versions(Some(numbers));
    let call = match template {
        TemplateRef::Id(id) => call.launch_template_id(id),
        TemplateRef::Name(name) => call.launch_template_name(name),
    };
    let found = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
    found.map_err(|error| AwsError::of(ACTION, &clients.region, &error))
}

/// Finds versions of one template in the answer that holds nothing else.
fn found_in(answer: &Result<Vec<LaunchTemplateVersion>, AwsError>, wanted: Vec<TemplateVersion>) -> TemplateVersions {
    let found = |version: &TemplateVersion, versions: &[LaunchTemplateVersion]| {
        let found = pick(versions, &version.version);
        let source = found
            .and_then(|found| Some(LaunchSource { version: number_of(found), ..of_template(found.launch_template_data()?) }));
        source.ok_or_else(|| LaunchProblem::unclear(format!("{version} does not exist")))
    };
    let source = |version: TemplateVersion| {
        let source = match answer {
            Ok(versions) => found(&version, versions),
            Err(error) => Err(error.clone().into()),
        };
        (version, source)
    };
    wanted.into_iter().map(source).collect()
}

/// Returns the version of a template that a name means, among those that were asked for.
fn pick<'a>(versions: &'a [LaunchTemplateVersion], name: &str) -> Option<&'a LaunchTemplateVersion> {
    match name {
        _ if versions.len() <= 1 => versions.first(),
        LATEST => versions.iter().max_by_key(|version| version.version_number),
        DEFAULT => versions.iter().find(|version| version.default_version == Some(true)),
        number => versions.iter().find(|version| version.version_number.map(|it| it.to_string()).as_deref() == Some(number)),
    }
}

/// Returns a template version as the instances name it that were launched from it.
fn number_of(found: &LaunchTemplateVersion) -> Option<String> {
    Some(format!("{}:{}", found.launch_template_id.as_deref()?, found.version_number?))
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::ResponseLaunchTemplateData;

    use super::*;

    fn described(id: &str, number: i64, is_default: bool) -> LaunchTemplateVersion {
        LaunchTemplateVersion::builder()
            .launch_template_id(id)
            .launch_template_name(format!("{id}-name"))
            .version_number(number)
            .default_version(is_default)
            .launch_template_data(ResponseLaunchTemplateData::builder().build())
            .build()
    }

    fn by_id(id: &str, version: &str) -> TemplateVersion {
        TemplateVersion { template: TemplateRef::Id(id.into()), version: version.into() }
    }

    fn by_name(name: &str, version: &str) -> TemplateVersion {
        TemplateVersion { template: TemplateRef::Name(name.into()), version: version.into() }
    }

    fn search(wanted: &[TemplateVersion]) -> VersionSearch {
        VersionSearch { left: wanted.iter().cloned().collect(), found: BTreeMap::new() }
    }

    #[test]
    fn one_answer_serves_every_name_of_a_version() {
        let wanted = [by_id("lt-1", "$Latest"), by_id("lt-1", "7"), by_name("lt-1-name", "$Default"), by_id("lt-1", "6")];
        let mut found = search(&wanted);
        found.note(LATEST, &described("lt-1", 7, true));
        assert_eq!(found.left, [by_id("lt-1", "6")].into());
        let versions: Vec<_> = found.found.values().map(|it| it.as_ref().ok().and_then(|it| it.version.as_deref())).collect();
        assert_eq!(versions, [Some("lt-1:7"); 3]);
    }

    #[test]
    fn the_default_version_is_not_taken_for_the_latest() {
        let mut found = search(&[by_id("lt-1", "$Latest"), by_id("lt-2", "$Default")]);
        found.note(DEFAULT, &described("lt-1", 3, true));
        found.note(LATEST, &described("lt-2", 9, false));
        assert_eq!(found.left.len(), 2);
    }

    #[test]
    fn of_several_versions_each_name_means_its_own() {
        let answer = Ok(vec![described("lt-1", 2, true), described("lt-1", 9, false), described("lt-1", 4, false)]);
        let wanted = ["$Default", "$Latest", "4", "5"].map(|version| by_id("lt-1", version));
        let found = found_in(&answer, wanted.to_vec());
        let numbers = wanted.map(|version| found[&version].as_ref().ok().and_then(|it| it.version.clone()));
        assert_eq!(numbers, [Some("lt-1:2".into()), Some("lt-1:9".into()), Some("lt-1:4".into()), None]);
    }

    #[test]
    fn a_denied_call_is_the_reason_of_all() {
        let error = AwsError::AccessDenied { permission: ACTION };
        let failed = search(&[by_id("lt-1", "1"), by_id("lt-2", "$Latest")]).failed(&error);
        assert!(failed.len() == 2 && failed.values().all(|it| *it == Err(LaunchProblem::Unread(error.clone()))));
    }
}
