//! The flags beside a saved plan. The plan itself holds the policy it was made with and the groups
//! it was made for. A flag that differs is a misunderstanding, and never decides.

use clap::ValueEnum as _;
use jiff::Timestamp;

use crate::cli::{ApplyCommand, CloudName, GangFlags, GivenBy, LiveFlags, PolicyFlags, variable_of};
use crate::plan::Plan;
use crate::policy::{Policy, Setting};
use crate::run::RunError;
use crate::run::settings::regions;
use crate::snapshot::{GangRules, GangTopology, LookedAt};

const POLICY: &str = "policy";
const ONLY_GROUP: &str = "only-group";

/// Refuses flags that were given and differ from the plan; returns the groups that `--only-group`
/// narrows it to.
///
/// # Errors
/// Wrong usage: names the flag and both values.
pub(in crate::run) fn refuse_differences(plan: &Plan, command: &ApplyCommand, now: Timestamp) -> Result<Vec<String>, RunError> {
    let PolicyFlags(asked) = &command.policy;
    let asked = &asked.at(now);
    if let Some(by) = command.given.by(POLICY).filter(|_| asked.groups != plan.policy.groups) {
        return Err(differs(POLICY, "another one for single groups", "other ones", by));
    }
    let settings = Policy::SETTINGS.iter().filter(|setting| setting.flag() != ONLY_GROUP);
    let written = |setting: &Setting, policy| setting.written(policy).unwrap_or_else(nothing);
    let of_policy = settings.map(|setting| (setting.flag(), written(setting, asked), written(setting, &plan.policy)));
    for (flag, asked, planned) in of_policy.chain(looked_at(plan, command)) {
        if let Some(by) = command.given.by(flag).filter(|_| asked != planned) {
            return Err(differs(flag, &asked, &planned, by));
        }
    }
    if command.given.by(ONLY_GROUP).is_none() {
        return Ok(Vec::new());
    }
    match asked.only_groups.iter().find(|group| !plan.policy.may_touch(group)) {
        Some(group) => Err(RunError::usage(
            format!("--only-group {group} is not among the plan's own {}", plan.policy.only_groups.join(",")),
            "it can only narrow a saved plan; make a new plan for other groups",
        )),
        None => Ok(asked.only_groups.clone()),
    }
}

fn differs(flag: &str, asked: &str, planned: &str, by: GivenBy) -> RunError {
    let (given, way_out) = match by {
        GivenBy::PolicyFile => (" (in the file of --policy)".to_owned(), "leave --policy out".to_owned()),
        GivenBy::CommandLine => (String::new(), format!("leave --{flag} out")),
        GivenBy::Variable => {
            let variable = variable_of(flag);
            (format!(" (by {variable})"), format!("unset {variable}"))
        }
    };
    RunError::usage(
        format!("--{flag} is {asked}{given}, but the plan was made with {planned}"),
        format!("{way_out}, as a saved plan is carried out as it was made, or make a new plan"),
    )
}

/// Returns the flags that state where to look, each with its own value and the plan's.
fn looked_at(plan: &Plan, command: &ApplyCommand) -> Vec<(&'static str, String, String)> {
    // A plan with additions has been refused.
    let LookedAt { cloud, group_tags, groups, lease_namespace, spot_prices, gangs, launches_left_out: _, added: _, without: _ } =
        &plan.looked_at;
    let ApplyCommand { live, prices, .. } = command;
    let GangRules { wishes, topology, coscheduling, expect_job_pods } = live.gangs.rules();
    let place = |topology: Option<GangTopology>| topology.map_or_else(nothing, |topology| topology.to_string());
    let usual = CloudName::default().to_string();
    vec![
        ("cloud", live.cloud.cloud.to_string(), cloud.clone().unwrap_or(usual)),
        ("cluster-name", live.cluster.cluster_name.clone().unwrap_or_default(), plan.cluster.name.clone()),
        ("regions", regions(live).join(","), plan.regions.join(",")),
        ("group-tag", list(&live.groups.group_tag), list(group_tags)),
        ("group", list(&live.groups.group), list(groups)),
        ("lease-namespace", live.cluster.lease_namespace.clone(), lease_namespace.clone()),
        ("spot-prices", prices.spot_prices.to_string(), spot_prices.to_string()),
        ("gang-wishes", list(&wishes), list(&gangs.wishes)),
        ("gang-topology", place(topology), place(gangs.topology)),
        ("coscheduling-scheduler", list(&coscheduling), list(&gangs.coscheduling)),
        ("expect-job-pods", expect_job_pods.to_string(), gangs.expect_job_pods.to_string()),
    ]
}

fn nothing() -> String {
    "nothing".to_owned()
}

fn list(items: &[impl ToString]) -> String {
    match items {
        [] => nothing(),
        items => items.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
    }
}

/// Returns the flags of a run that looks where the plan was made for.
///
/// # Errors
/// When the plan was made for a cloud that this version does not know.
pub(in crate::run) fn looking_at(plan: &Plan, mut live: LiveFlags) -> Result<LiveFlags, RunError> {
    live.cloud.cloud = cloud_of(plan)?;
    live.cluster.cluster_name = Some(plan.cluster.name.clone());
    live.cluster.lease_namespace.clone_from(&plan.looked_at.lease_namespace);
    live.cloud.regions.clone_from(&plan.regions);
    live.groups.group_tag.clone_from(&plan.looked_at.group_tags);
    live.groups.group.clone_from(&plan.looked_at.groups);
    live.gangs = GangFlags::from_rules(&plan.looked_at.gangs);
    Ok(live)
}

fn cloud_of(plan: &Plan) -> Result<CloudName, RunError> {
    let Some(name) = &plan.looked_at.cloud else { return Ok(CloudName::default()) };
    CloudName::from_str(name, false).map_err(|_| {
        let known = CloudName::value_variants().iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
        RunError::usage(format!("the plan was made for the cloud {name}, and this version knows {known}"), "make a new plan")
    })
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::cli::{Command, parse};

    fn apply(flags: &[&str]) -> ApplyCommand {
        let words = ["ec2-autoscale", "apply", "p.json"].iter().chain(flags).map(OsString::from);
        match parse(words).expect("flags that exist").command {
            Command::Apply(command) => *command,
            other => panic!("not apply: {other:?}"),
        }
    }

    /// Returns a plan that was made with these flags.
    fn plan(flags: &[&str]) -> Plan {
        let ApplyCommand { policy: PolicyFlags(policy), live, .. } = apply(flags);
        let mut plan = crate::plan::plan(&crate::demo::snapshot(), &policy.base);
        plan.regions = regions(&live);
        plan.looked_at.cloud = Some(live.cloud.cloud.to_string());
        plan
    }

    fn judge(planned: &[&str], asked: &[&str]) -> Result<Vec<String>, String> {
        refuse_differences(&plan(planned), &apply(asked), Timestamp::UNIX_EPOCH).map_err(|error| error.to_string())
    }

    #[test]
    fn the_plan_s_own_values_may_be_repeated() {
        let flags = ["--idle-threshold=1h", "--no-scale-in", "--max-memory=4Ti", "--regions=us-west-2,us-east-1"];
        assert_eq!(judge(&flags, &flags), Ok(Vec::new()));
        assert_eq!(judge(&flags, &[]), Ok(Vec::new()), "and left out");
        assert_eq!(judge(&["--idle-threshold=1h"], &["--idle-threshold=60m"]), Ok(Vec::new()));
    }

    #[test]
    fn each_flag_that_differs_is_named_with_both_values() {
        for (planned, asked, message) in [
            ("--idle-threshold=1h", "--idle-threshold=10m", "--idle-threshold is 10m, but the plan was made with 1h"),
            ("--seed=1", "--no-scale-in", "--no-scale-in is true, but the plan was made with false"),
            ("--max-cpu=64", "--max-cpu=65", "--max-cpu is 65, but the plan was made with 64"),
            ("--regions=a-1,b-2", "--regions=b-2,a-1", "--regions is b-2,a-1, but the plan was made with a-1,b-2"),
            ("--seed=1", "--group=p3:0:2", "--group is p3:0:2, but the plan was made with nothing"),
            ("--seed=1", "--gang-wishes=all", "--gang-wishes is all, but the plan was made with nothing"),
            ("--seed=1", "--gang-topology=zone", "--gang-topology is zone, but the plan was made with nothing"),
            ("--seed=1", "--cloud=magnum", "--cloud is magnum, but the plan was made with aws"),
            ("--seed=1", "--lease-namespace=ops", "--lease-namespace is ops, but the plan was made with kube-system"),
        ] {
            assert_eq!(judge(&[planned], &[asked]), Err(message.to_owned()));
        }
        let demo = crate::demo::snapshot().cluster.name;
        let message = format!("--cluster-name is other, but the plan was made with {demo}");
        assert_eq!(judge(&[], &["--cluster-name=other"]), Err(message));
    }

    #[test]
    fn a_plan_is_carried_out_in_its_own_cloud() {
        let cloud = |plan: &Plan| looking_at(plan, apply(&[]).live).map(|live| live.cloud.cloud);
        assert_eq!(cloud(&plan(&["--cloud=magnum"])).expect("a cloud"), CloudName::Magnum);
        let mut plan = plan(&[]);
        plan.looked_at.cloud = None;
        assert_eq!(cloud(&plan).expect("the usual one"), CloudName::Aws);
        plan.looked_at.cloud = Some("nimbus".to_owned());
        let error = cloud(&plan).expect_err("no such cloud").to_string();
        assert_eq!(error, "the plan was made for the cloud nimbus, and this version knows aws or magnum");
    }

    #[test]
    fn only_group_narrows() {
        assert_eq!(judge(&[], &["--only-group=a"]), Ok(vec!["a".to_owned()]));
        assert_eq!(judge(&["--only-group=a,b"], &["--only-group=b"]), Ok(vec!["b".to_owned()]));
        assert_eq!(judge(&["--only-group=a,b"], &[]), Ok(Vec::new()));
        let message = "--only-group c is not among the plan's own a,b".to_owned();
        assert_eq!(judge(&["--only-group=a,b"], &["--only-group=b,c"]), Err(message));
    }
}
