//! A finding in one sentence: names, numbers and the way out.

use std::fmt;

use jiff::Timestamp;

use super::{FindingCode, TemplateDifference};
use crate::duration::moment;
use crate::plan::reason::count;
use crate::snapshot::{GroupId, amount};

impl fmt::Display for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RegionUnreadable { region, error } => write!(f, "region {region} could not be read: {error}"),
            Self::MissingFact { fact, error } => write!(f, "{fact}: {error}"),
            Self::MassFailure { dead, nodes } => write!(
                f,
                "{dead} of {nodes} managed nodes look dead: more likely a broken view than a broken fleet, so nothing is removed"
            ),
            Self::MaxScaleUpHit { limit, pods } => write!(
                f,
                "--max-scale-up {limit} left {} pending; the next run goes on, or raise the limit",
                count(u64::from(*pods), "pod")
            ),
            Self::ClusterLimitHit { limit, most, pods } => write!(
                f,
                "{limit} {} leaves {} pending; raise the limit, or wait until nodes have gone",
                limit.amount(*most),
                count(u64::from(*pods), "pod")
            ),
            Self::GroupNotManaged { group, rejection } => write!(f, "{group} is not managed: it {rejection}"),
            Self::GroupBlocked { group, block } => write!(f, "{group} cannot grow: {block}"),
            Self::BadTag { group, problem } => write!(f, "{group}: {problem}"),
            Self::DesiredAboveMax { group, desired, max } => {
                write!(f, "{group} has desired {desired} above max {max}; raise max or lower desired")
            }
            Self::Unprotected { group } => write!(
                f,
                "{group}: AWS may terminate busy nodes to even the zones out; protect new instances from scale-in or suspend AZRebalance"
            ),
            Self::LaunchConfiguration { group } => write!(
                f,
                "{group} launches by a launch configuration, which AWS does not develop any more; give it a launch template"
            ),
            Self::ProcessSuspended { group, process } => write!(
                f,
                "{group}: the process {} is suspended, so {}; resume it with aws autoscaling resume-processes",
                process.name(),
                process.loss()
            ),
            Self::InstanceRefresh { group } => {
                write!(f, "{group}: an instance refresh is under way; none of its nodes goes until it is over or cancelled")
            }
            Self::SpotRequestWaits { group, request, since, status } => write!(
                f,
                "{group}: spot request {request} waits since {}: {status}; cancel it with aws ec2 cancel-spot-instance-requests \
                 --region {} --spot-instance-request-ids {request}",
                since.strftime("%F %H:%M UTC"),
                group.region
            ),
            Self::ZonalVolumes { group, pod } => write!(
                f,
                "{group} launches in several zones, and pods such as {pod} have volumes in one of them; make a group for each zone"
            ),
            Self::TemplateDiffers { group, differences } => {
                write!(
                    f,
                    "{group}: its live nodes are not what its tags or its launch template say: {}; correct the tags or replace the \
                     nodes",
                    some_of(differences)
                )
            }
            Self::MixedSizes { group, resource, smallest, least, largest, most } => write!(
                f,
                "{group} mixes types of very different size: {smallest} has {} {resource}, {largest} {}; pods are planned for the \
                 least of each: make a group for each size",
                amount(resource, *least),
                amount(resource, *most)
            ),
            Self::NotBalanced { group, other, unlike } => {
                write!(f, "{group} is not balanced with {other}, which launches the same: {unlike}; make them alike")
            }
            Self::PriceMissing { group, machine_types } => write_missing_price(f, group, machine_types),
            Self::NeverRegistered { group, instances, limit } => write!(
                f,
                "{group}: {} did not become a node within {limit}; look at the console output of one, and at the image and user data",
                count(u64::from(*instances), "instance")
            ),
            Self::DrainGivenUp { node, since, example, now } => write!(
                f,
                "the drain of {node} is given up: since {} it could not be emptied, {example} is still there; `explain node {node}` \
                 says what keeps its pods",
                moment(*since, *now)
            ),
            Self::DeadNode { node, since } => write_dead_node(f, node, *since),
            Self::ForeignAutoscaler { autoscaler, holder } => {
                write!(
                    f,
                    "{autoscaler} is at work in this cluster (its Lease is held by {holder}); two autoscalers undo each other: stop one"
                )
            }
            Self::UnmanagedNodes { nodes, example } => {
                write!(
                    f,
                    "{}, {example} among them, belong to no managed group and are left alone; tag their group to have it managed",
                    count(u64::from(*nodes), "node")
                )
            }
        }
    }
}

fn write_dead_node(f: &mut fmt::Formatter<'_>, node: &str, since: Timestamp) -> fmt::Result {
    let since = since.strftime("%F %H:%M UTC");
    write!(f, "{node} is not Ready since {since}; look at its kubelet and at the status checks of its instance")
}

fn write_missing_price(f: &mut fmt::Formatter<'_>, group: &GroupId, machine_types: &[String]) -> fmt::Result {
    write!(
        f,
        "{group}: no price of {} in {} is known; add it to the file of --prices, or ask EC2 with --spot-prices where it is a spot \
         price",
        first_of(machine_types),
        group.region
    )
}

/// The first of the differences, and how many more there are.
fn some_of(differences: &[TemplateDifference]) -> String {
    shown(differences, "; ", "; and")
}

/// The first of some names, and how many more there are.
fn first_of(names: &[String]) -> String {
    shown(names, ", ", " and")
}

fn shown(list: &[impl ToString], between: &str, before_the_rest: &str) -> String {
    const SHOWN: usize = 3;
    let shown = list.iter().take(SHOWN).map(ToString::to_string).collect::<Vec<_>>().join(between);
    match list.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}{before_the_rest} {more} more"),
    }
}
