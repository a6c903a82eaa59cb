//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeLaunchConfigurations.html>

use crate::support::aws_stand_in::form::{self, Params};
use crate::support::aws_stand_in::refusal::Refusal;
use crate::support::aws_stand_in::world::{Account, Group, Source};
use crate::support::aws_stand_in::xml::Xml;

const PAGE: usize = 50;

pub(super) fn answer(account: &Account, region: &str, params: &Params) -> Result<Xml, Refusal> {
    let most = form::max_records(params, PAGE)?;
    let names = form::list(params, "LaunchConfigurationNames.member");
    let is_wanted = |name: &String| names.is_empty() || names.contains(name);
    let configuration = |group: &Group| match &group.source {
        Source::Configuration { name, machine_type } => Some((name.clone(), machine_type.clone())),
        Source::Template { .. } => None,
    };
    let found: Vec<_> = account.groups_of(region).filter_map(configuration).filter(|(name, _)| is_wanted(name)).collect();
    let (page, next) = form::page(&found, params, most, form::invalid_next_token)?;
    let mut xml = Xml::default();
    xml.list("LaunchConfigurations", "member", page, |xml, (name, machine_type)| {
        xml.text("LaunchConfigurationName", name).text("ImageId", "ami-0123456789abcdef0").text("InstanceType", machine_type);
    })
    .maybe("NextToken", next);
    Ok(xml)
}
