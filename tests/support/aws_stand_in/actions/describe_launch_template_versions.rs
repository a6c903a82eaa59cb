//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html>

use crate::support::aws_stand_in::form::{self, Params};
use crate::support::aws_stand_in::refusal::Refusal;
use crate::support::aws_stand_in::world::{Account, Group, Source};
use crate::support::aws_stand_in::xml::Xml;

const PAGE: usize = 200;

/// A launch template.
struct Template<'a> {
    id: &'a str,
    group: &'a str,
    versions: &'a [String],
    default_version: usize,
}

pub(super) fn answer(account: &Account, region: &str, params: &Params) -> Result<Xml, Refusal> {
    let id = form::text(params, "LaunchTemplateId");
    let wanted = form::list(params, "LaunchTemplateVersion");
    let every: Vec<Template<'_>> = account.groups_of(region).filter_map(template).collect();
    let mut found: Vec<(&Template<'_>, usize)> = Vec::new();
    // Without a template: `$Default` or `$Latest` of every template of the account.
    for template in every.iter().filter(|template| id.is_empty() || template.id == id) {
        found.extend(numbers(template, &wanted)?.into_iter().map(|number| (template, number)));
    }
    if found.is_empty() && !id.is_empty() {
        let message = format!("The specified launch template, with template ID {id}, does not exist.");
        return Err(Refusal::new("InvalidLaunchTemplateId.NotFound", message));
    }
    let most = form::text(params, "MaxResults").parse().unwrap_or(PAGE).min(PAGE);
    let (page, next) = form::page(&found, params, most, form::invalid_token_of_ec2)?;
    let mut xml = Xml::default();
    xml.list("launchTemplateVersionSet", "item", page, |xml, (template, number)| shape(xml, template, *number))
        .maybe("nextToken", next);
    Ok(xml)
}

fn template(group: &Group) -> Option<Template<'_>> {
    match &group.source {
        Source::Configuration { .. } => None,
        Source::Template { id, versions, default_version } => {
            Some(Template { id, group: &group.name, versions, default_version: *default_version })
        }
    }
}

/// The versions asked for, all when none is, the newest first.
fn numbers(template: &Template<'_>, wanted: &[String]) -> Result<Vec<usize>, Refusal> {
    let latest = template.versions.len();
    let number = |version: &String| match version.as_str() {
        "$Default" => Ok(template.default_version),
        "$Latest" => Ok(latest),
        number => number.parse().ok().filter(|number| (1..=latest).contains(number)).ok_or_else(|| {
            let message =
                format!("Could not find the specified version {number} for the launch template with ID {}.", template.id);
            Refusal::new("InvalidLaunchTemplateId.VersionNotFound", message)
        }),
    };
    match wanted.is_empty() {
        true => Ok((1..=latest).rev().collect()),
        false => wanted.iter().map(number).collect(),
    }
}

fn shape(xml: &mut Xml, template: &Template<'_>, number: usize) {
    xml.text("launchTemplateId", template.id)
        .text("launchTemplateName", format!("{}-template", template.group))
        .text("versionNumber", number)
        .text("defaultVersion", number == template.default_version)
        .within("launchTemplateData", |xml| {
            xml.text("imageId", "ami-0123456789abcdef0").text("instanceType", &template.versions[number - 1]);
        });
}
