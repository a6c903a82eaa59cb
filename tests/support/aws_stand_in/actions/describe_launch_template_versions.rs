//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html>

use crate::support::aws_stand_in::form::{self, Params};
use crate::support::aws_stand_in::refusal::Refusal;
use crate::support::aws_stand_in::world::{Account, Group};
use crate::support::aws_stand_in::xml::Xml;

const PAGE: usize = 200;

pub(super) fn answer(account: &Account, region: &str, params: &Params) -> Result<Xml, Refusal> {
    let id = form::text(params, "LaunchTemplateId");
    let versions = form::list(params, "LaunchTemplateVersion");
    let mut found: Vec<(&Group, usize)> = Vec::new();
    // Without a template, `$Default` or `$Latest` of every template of the account.
    for group in account.groups_of(region).filter(|group| id.is_empty() || group.template == id) {
        found.extend(numbers(group, &versions)?.into_iter().map(|number| (group, number)));
    }
    if found.is_empty() && !id.is_empty() {
        let message = format!("The specified launch template, with template ID {id}, does not exist.");
        return Err(Refusal::new("InvalidLaunchTemplateId.NotFound", message));
    }
    let most = form::text(params, "MaxResults").parse().unwrap_or(PAGE).min(PAGE);
    let (page, next) = form::page(&found, params, most, form::invalid_token_of_ec2)?;
    let mut xml = Xml::default();
    xml.list("launchTemplateVersionSet", "item", page, |xml, (group, number)| shape(xml, group, *number))
        .maybe("nextToken", next);
    Ok(xml)
}

/// The versions asked for, all when none is.
fn numbers(group: &Group, versions: &[String]) -> Result<Vec<usize>, Refusal> {
    let latest = group.versions.len();
    let number = |version: &String| match version.as_str() {
        "$Default" => Ok(group.default_version),
        "$Latest" => Ok(latest),
        number => number.parse().ok().filter(|number| (1..=latest).contains(number)).ok_or_else(|| {
            let message =
                format!("Could not find the specified version {number} for the launch template with ID {}.", group.template);
            Refusal::new("InvalidLaunchTemplateId.VersionNotFound", message)
        }),
    };
    match versions.is_empty() {
        true => Ok((1..=latest).rev().collect()),
        false => versions.iter().map(number).collect(),
    }
}

fn shape(xml: &mut Xml, group: &Group, number: usize) {
    xml.text("launchTemplateId", &group.template)
        .text("launchTemplateName", format!("{}-template", group.name))
        .text("versionNumber", number)
        .text("defaultVersion", number == group.default_version)
        .within("launchTemplateData", |xml| {
            xml.text("imageId", "ami-0123456789abcdef0").text("instanceType", &group.versions[number - 1]);
        });
}
