//! Nodes that are launched in a zone of the plan's choice, and where they come instead.

use ec2_autoscale_core::plan::{Action, Plan, explain, plan};
use ec2_autoscale_core::render;

use crate::support::scenario::situation;

/// Returns each launch in words: the group, its zones, and where else.
fn launches(plan: &Plan) -> Vec<String> {
    let in_words = |action: &Action| match action {
        Action::Launch { group, zones, otherwise, .. } => {
            let zones: Vec<String> = zones.iter().map(|launch| format!("{}:{}", letter(&launch.zone), launch.nodes)).collect();
            let place = |place: &ec2_autoscale_core::plan::LaunchElsewhere| {
                let zones: Vec<&str> = place.zones.iter().map(|zone| letter(zone)).collect();
                format!("{}[{}]x{}", place.group.name, zones.join(""), place.nodes)
            };
            let elsewhere: Vec<String> = otherwise.iter().map(place).collect();
            Some(format!("{} {} else {}", group.name, zones.join(" "), elsewhere.join(" ")).trim_end().to_owned())
        }
        Action::SetDesired { group, to, .. } => Some(format!("{} to {to}", group.name)),
        _ => None,
    };
    plan.actions.iter().filter_map(in_words).collect()
}

fn letter(zone: &str) -> &str {
    &zone[zone.len() - 1..]
}

fn launches_of(script: &str) -> Vec<String> {
    let (world, policy) = situation(script);
    launches(&plan(&world.snapshot, &policy))
}

const CHOOSES: &str = "suspended=az-rebalance chooses-zones";

#[test]
fn nodes_come_in_zones_that_are_named_and_else_in_others() {
    let script = format!(
        "group web zones=a,b max=9 cpu=4 priority=3 {CHOOSES}
         group small zones=a max=9 cpu=3500m priority=2 {CHOOSES}
         group spare zones=a,c max=2 cpu=4 priority=2 {CHOOSES}
         group other zones=a,b max=9 cpu=8 priority=1
         pods job x3 cpu=4"
    );
    // What is smaller would not hold the pods of a node.
    assert_eq!(launches_of(&script), ["web a:2 b:1 else web[ab]x3 spare[ac]x2 other[]x3"]);
}

#[test]
fn without_the_choice_only_a_number_is_requested() {
    for (policy, group) in [
        ("launch=set-desired", CHOOSES),
        ("seed=0", "suspended=az-rebalance"),
        // The cloud would even out what the plan left uneven.
        ("seed=0", "chooses-zones"),
        // What is still to come would come on top.
        ("seed=0", "suspended=az-rebalance chooses-zones desired=1"),
        // So many may come as weigh so much.
        ("seed=0", "suspended=az-rebalance chooses-zones weight=2 max=18"),
    ] {
        let script = format!("policy {policy}\ngroup web zones=a,b max=9 cpu=4 {group}\npods job x3 cpu=4");
        let asked = launches_of(&script);
        assert!(asked.len() == 1 && asked[0].starts_with("web to "), "{policy} {group}: {asked:?}");
    }
    let one_zone = launches_of("group web zones=a max=9 cpu=4 chooses-zones\npods job x3 cpu=4");
    assert_eq!(one_zone, ["web a:3 else"], "there is nothing to even out");
}

#[test]
fn pods_that_are_kept_apart_have_no_other_place() {
    let script = format!(
        "group web zones=a,b max=9 cpu=4 priority=1 {CHOOSES}
         group spare zones=a,b max=9 cpu=4 {CHOOSES}
         pods job x2 cpu=3 label=app=job spread=zone:1"
    );
    assert_eq!(launches_of(&script), ["web a:1 b:1 else"]);
}

#[test]
fn a_pod_of_one_zone_gets_its_node_there() {
    let script = format!("group web zones=a,b,c max=9 cpu=4 {CHOOSES}\npods job cpu=3 zone=us-west-2c");
    assert_eq!(launches_of(&script), ["web c:1 else"]);
}

#[test]
fn who_chooses_the_zones_is_explained() {
    let explained = |group: &str| {
        let (world, policy) = situation(&format!("group web zones=a,b max=9 cpu=4 {group}"));
        let explained = explain::group(&world.snapshot, &policy, "web").expect("the group is there");
        render::explain_group(&explained, None, false)
    };
    assert!(explained(CHOOSES).contains("zones     the plan chooses that of each new node"), "{}", explained(CHOOSES));
    let evened_out = explained("chooses-zones");
    assert!(evened_out.contains("the cloud chooses that of each new node: it evens out the zones"), "{evened_out}");
    assert!(!explained("").contains("zones     "), "an older snapshot says nothing of it");
}
