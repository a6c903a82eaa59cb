//! A finding as one sentence: names, numbers, and what can be done about it.

use std::fmt;

use jiff::Timestamp;

use super::{Clock, FellShort, FindingCode, TemplateDifference, Unhelpful};
use crate::duration::{Seconds, moment};
use crate::plan::reason::{LimitPlace, count};
use crate::snapshot::{GroupId, ObjectName, amount};

impl fmt::Display for FindingCode {
    #[expect(clippy::too_many_lines, reason = "one sentence for each finding")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RegionUnreadable { region, error } => write!(f, "region {region} could not be read: {error}"),
            Self::MissingFact { fact, error } => write!(f, "{fact}: {error}"),
            Self::MassFailure { dead, nodes } => write!(
                f,
                "{dead} of {nodes} managed nodes look dead: more likely a broken view than a broken fleet, so nothing is removed"
            ),
            Self::AccountUnknown { cluster, account, example, grows } => {
                write_unknown_account(f, cluster.as_deref(), account.as_deref(), example, *grows)
            }
            Self::ClockOff { clock, ahead, stops_removals } => write_clock(f, *clock, *ahead, *stops_removals),
            Self::MaxScaleUpHit { limit, pods } => write!(
                f,
                "--max-scale-up {limit} left {} pending; the next run goes on, or raise the limit",
                count(u64::from(*pods), "pod")
            ),
            Self::MaxGrowthHit { limit, launched, pods } => write!(
                f,
                "--max-growth {limit} left {} pending: {} launched or on the way; later runs go on, or raise the limit",
                count(u64::from(*pods), "pod"),
                count(u64::from(*launched), "node")
            ),
            Self::ClusterLimitHit { limit, most, pods } => write!(
                f,
                "{limit} {} leaves {} pending; raise the limit, or wait until nodes have gone",
                limit.amount(*most),
                count(u64::from(*pods), "pod")
            ),
            Self::NamedLimitHit { limit, stands_in, of, most, pods } => {
                let of_file = if *stands_in == LimitPlace::PolicyFile { " of the policy file" } else { "" };
                write!(
                    f,
                    "{stands_in} {limit}{of_file}, {of} {}, leaves {} pending; raise it, or wait until nodes have gone",
                    of.amount(*most),
                    count(u64::from(*pods), "pod")
                )
            }
            Self::PodQuotaHit { quota, of, most, pods } => write!(
                f,
                "quota {quota} of the policy file, {of} {}, leaves {} pending; raise it, or wait until its pods have ended",
                of.amount(*most),
                count(u64::from(*pods), "pod")
            ),
            Self::BelowPolicyMin { group, min, lacking, refusal } => write!(
                f,
                "{group} lacks {} of its minimum {min} in the policy file: {refusal}; raise that limit, or lower the minimum",
                count(u64::from(*lacking), "node")
            ),
            Self::QuotaHit { region, of, pods } => write!(
                f,
                "the quota in {region} has too few {of} left, which leaves {} pending; raise it, or wait until machines have gone",
                count(u64::from(*pods), "pod")
            ),
            Self::GroupNotManaged { group, rejection } => write!(f, "{group} is not managed: it {rejection}"),
            Self::GroupTagMatchesNothing { tags } => write!(
                f,
                "--group-tag {} has found no group that the tags of the cluster do not find; look at the tags of the groups, or leave the flag out",
                tags.join(" ")
            ),
            Self::ReservationEnds { group, reservation, at, pods, example, nodes, now } => {
                write!(f, "{group}: the machines of {reservation} end from {}; ", moment(*at, *now))?;
                match pods {
                    1 => write!(f, "{example} still runs on {} and ends with it", nodes.join(", ")),
                    _ => write!(
                        f,
                        "{pods} pods still run on {}, {example} among them, and end with them",
                        count(nodes.len() as u64, "node")
                    ),
                }
            }
            Self::ReservedIdle { reservation, machine_type, zone, idle, total, worth } => {
                write!(f, "{idle} of {total} machines of {reservation} ({machine_type} in {zone}) are paid for and idle")?;
                worth.map_or(Ok(()), |worth| write!(f, ", which is {worth} at the price on demand"))
            }
            Self::GroupBlocked { group, block } => write!(f, "{group} cannot grow: {block}"),
            Self::BadTag { group, problem } => write!(f, "{group}: {problem}"),
            Self::DesiredAboveMax { group, desired, max } => {
                write!(f, "{group} has desired {desired} above max {max}; raise max or lower desired")
            }
            Self::InstanceRefresh { group } => {
                write!(f, "{group}: an instance refresh is under way; none of its nodes goes until it is over or cancelled")
            }
            Self::ReplacesAtRisk { group, example } => write!(
                f,
                "{group}: the cloud ends its spot instances as soon as they are at risk, and with them jobs such as {example}, often \
                 hours before it would have to; switch its capacity rebalancing off"
            ),
            Self::ShortLifetime { group, limit, example, span } => write!(
                f,
                "{group}: the cloud replaces its instances once they are {limit} old, and jobs such as {example} may run for {span}: \
                 make its maximum instance lifetime longer, or protect them from scale-in"
            ),
            Self::ScheduledChange { group, action, at, sets, limits, live, now } => {
                write!(f, "{group}: the scheduled action {action} sets {sets} at {}", moment(*at, *now))?;
                if let Some(most) = limits {
                    write!(f, "; until then it does not grow above {most}")?;
                }
                match live {
                    Some(live) => write!(
                        f,
                        "; {live} live, of which the cloud ends some by its own choice, busy ones as well: protect them from \
                         scale-in, or change the action"
                    ),
                    None => Ok(()),
                }
            }
            Self::ScheduleNotUnderstood { group, action, sets, recurrence, time_zone } => write!(
                f,
                "{group}: when the scheduled action {action} sets {sets} is not understood ({recurrence:?}, {}), so the group may \
                 grow right before",
                time_zone.as_deref().unwrap_or("UTC")
            ),
            Self::ZonalVolumes { group, pod } => write!(
                f,
                "{group} launches in several zones, and pods such as {pod} have volumes in one of them; make a group for each zone"
            ),
            Self::TemplateDiffers { group, differences } => {
                write!(
                    f,
                    "{group}: its live nodes are not what its tags or its launch template say: {}; correct the tags or replace the \
                     nodes{}",
                    some_of(differences),
                    way_out(differences)
                )
            }
            Self::HelpedNobody { group, nodes, launched_at, times, pods, example, lacked, now } => {
                write_unhelpful(f, group, *nodes, (*launched_at, *times), &some_pods(*pods, example), (lacked, *now))
            }
            Self::GangFellShort { namespace, gang, nodes, group, part, next } => {
                write!(
                    f,
                    "{} came for {namespace}/{}, and not all that it needs: ",
                    count(u64::from(*nodes), "node"),
                    gang.name
                )?;
                write!(f, "{group} is {part}; ")?;
                f.write_str(match next {
                    FellShort::RestElsewhere => "what came is kept, and the rest is bought elsewhere",
                    FellShort::AllElsewhere => "all of it has a place elsewhere, and what came is given back",
                    FellShort::NoRoom => "there is no room for it, and what came is given back",
                })
            }
            Self::DevicesInPieces { resource, devices, nodes, whole, freed, moved } => write!(
                f,
                "{devices} {resource} are free in pieces on {}, as many as {} {}; once {} had moved to the others, {freed} would \
                 have all of its own",
                count(u64::from(*nodes), "node"),
                count(*whole, "whole node"),
                if *whole == 1 { "has" } else { "have" },
                shown(moved, ", ", " and")
            ),
            Self::PodsRefused { pods, example, node, since, message, now } => write!(
                f,
                "{}: there should be room on {node}, and the scheduler has refused it for {}: {}",
                some_pods(*pods, example),
                Seconds::between(*since, *now),
                message.as_deref().unwrap_or("its words are in the events of the pod")
            ),
            Self::OddSibling { group, node, lacks } => write!(
                f,
                "{node} lacks what the other nodes of {group} have: {}; new nodes are taken to be like the others, so repair or \
                 replace it",
                shown(lacks, ", ", " and")
            ),
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
            Self::NeverFinished { group, nodes, example, taint, limit } => {
                write!(f, "{} of {group}, {example} among them, ", count(u64::from(*nodes), "node"))?;
                match taint {
                    Some(taint) => write!(f, "still have the taint {taint} after {limit}; look at what should take it off"),
                    None => write!(f, "were never Ready within {limit}; look at its kubelet and its network"),
                }
            }
            Self::Strangers { group, instances, limit } => write!(
                f,
                "{group}: {} no node of this cluster after more than {limit}, and others of the group are; they may be nodes of \
                 another cluster, so none of them ends: look at them, and end them or move them by hand",
                if *instances == 1 { "1 instance is".to_owned() } else { format!("{instances} instances are") }
            ),
            Self::Contested { node, other } if node == other => write!(
                f,
                "the Node {node} could be several instances by its names and addresses; it is not touched: delete what is stale"
            ),
            Self::Contested { node, other } => write!(
                f,
                "the Nodes {node} and {other} are one and the same instance; neither is touched: delete the one that is stale"
            ),
            Self::DaemonSetFitsNowhere { group, daemon_set } => write!(
                f,
                "a pod of the DaemonSet {daemon_set} fits on no new node of {group}, so it is taken to use none of it; lower what it \
                 requests, or keep it off these nodes"
            ),
            Self::SelectedNodeIgnored { claim, node } => write!(
                f,
                "the volume of the claim {claim} has been in the making for {node} for over an hour and keeps the node no longer; look \
                 at its storage class and provisioner"
            ),
            Self::RunPreempts { pod } => write!(
                f,
                "{pod}, the pod of this run, may preempt running jobs; give it a PriorityClass with preemptionPolicy: Never, as \
                 cronjob.yaml does"
            ),
            Self::RunOnWorker { node } => write!(
                f,
                "the pod of this run is on {node}, a node of a managed group, which cannot go meanwhile; give the run another home"
            ),
            Self::SilentNode { node, since, pod } => write!(
                f,
                "{node} is not Ready since {}, and {pod}, which may still run there, keeps it; look at its kubelet, and delete the pod \
                 if it is lost",
                since.strftime("%F %H:%M UTC")
            ),
            Self::StepRefused { step, rule } => write!(
                f,
                "not done: {step}; by a second look {rule}; this is a fault of the program, please report it with a snapshot"
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
            Self::TaintLeft { nodes, example, taint } => write!(
                f,
                "{}, {example} among them, still {} the taint {taint} of Cluster Autoscaler, and none is active that would end them or \
                 take it off: pods stay away, and the nodes are paid for; remove the taint",
                count(u64::from(*nodes), "node"),
                if *nodes == 1 { "has" } else { "have" }
            ),
            Self::UnmanagedNodes { nodes, example } => {
                write!(
                    f,
                    "{}, {example} among them, belong to no managed group and are left alone; tag their group to have it managed",
                    count(u64::from(*nodes), "node")
                )
            }
            Self::Advice { code, group } => write!(f, "{group}: {code}"),
        }
    }
}

fn write_unknown_account(
    f: &mut fmt::Formatter<'_>,
    cluster: Option<&str>,
    account: Option<&str>,
    example: &str,
    grows: bool,
) -> fmt::Result {
    let (cluster, account) = (cluster.unwrap_or("of unknown UID"), account.unwrap_or("of unknown id"));
    write!(
        f,
        "the account {account} knows none of the Ready nodes of the cluster {cluster}, such as {example}: nothing is removed"
    )?;
    match grows {
        true => f.write_str(", and groups grow because of --first-nodes"),
        false => f.write_str(
            " and nothing is bought; check the kubeconfig and the profile, or pass --first-nodes if no node of the cluster is in this \
             account yet",
        ),
    }
}

fn write_clock(f: &mut fmt::Formatter<'_>, clock: Clock, ahead: i64, stops_removals: bool) -> fmt::Result {
    let whose = match clock {
        Clock::Machine => "the clock of this machine",
        Clock::Cloud => "the cloud's clock",
    };
    let (by, where_to) = (Seconds(ahead.unsigned_abs()), if ahead > 0 { "ahead of" } else { "behind" });
    let then = if stops_removals { ", so nothing is removed" } else { "" };
    write!(f, "{whose} is {by} {where_to} the API server's{then}; look at the time synchronisation of both")
}

fn write_dead_node(f: &mut fmt::Formatter<'_>, node: &str, since: Timestamp) -> fmt::Result {
    let since = since.strftime("%F %H:%M UTC");
    write!(f, "{node} is not Ready since {since}; look at its kubelet and at the status checks of its instance")
}

fn write_missing_price(f: &mut fmt::Formatter<'_>, group: &GroupId, machine_types: &[String]) -> fmt::Result {
    write!(
        f,
        "{group}: no price of {} in {} is known; add it to the file of --prices, or pass --spot-prices where it is a spot \
         price",
        first_of(machine_types),
        group.region
    )
}

fn write_unhelpful(
    f: &mut fmt::Formatter<'_>,
    group: &GroupId,
    nodes: Unhelpful,
    (launched_at, times): (Timestamp, u32),
    pods: &str,
    (lacked, now): (&str, Timestamp),
) -> fmt::Result {
    let since = moment(launched_at, now);
    match nodes {
        Unhelpful::There { nodes } => write!(
            f,
            "{} of {group}, there since {since}, {} not help {pods}: {lacked}; look at what is wrong there",
            count(u64::from(nodes), "empty node"),
            if nodes == 1 { "does" } else { "do" },
        ),
        Unhelpful::Gone { until } => write!(
            f,
            "{group}: its nodes of {since} did not help {pods} and are gone ({} in a row); it is tried again for them at {}; look at \
             what its nodes lack",
            count(u64::from(times), "time"),
            moment(until, now)
        ),
    }
}

/// Returns `batch/a`, or `3 pods such as batch/a`.
fn some_pods(pods: u32, example: &ObjectName) -> String {
    match pods {
        1 => example.to_string(),
        pods => format!("{pods} pods such as {example}"),
    }
}

/// Returns what else could be meant where nodes have a taint that nobody states.
fn way_out(differences: &[TemplateDifference]) -> String {
    let taint = differences.iter().find_map(|difference| match difference {
        TemplateDifference::TaintNotStated { taint } => Some(&taint.key),
        _ => None,
    });
    taint.map_or_else(String::new, |key| {
        format!(", or pass --startup-taint {key} or --status-taint {key} if they have that taint only for a time")
    })
}

/// Returns the first of the differences, and how many more there are.
fn some_of(differences: &[TemplateDifference]) -> String {
    shown(differences, "; ", "; and")
}

/// Returns the first of some names, and how many more there are.
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
