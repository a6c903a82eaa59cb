//! `explain group`: one group with everything that is known about it.

use ec2_autoscale_core::plan::explain::{self, GapFact, NoSuchGroup};
use ec2_autoscale_core::plan::{FactSource, Finding, FindingCode, GrowthBlock, plan};
use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::render;
use ec2_autoscale_core::snapshot::{
    Advice, AdviceCode, Architecture, CsiNode, Gap, GroupId, LaunchDetails, LaunchOption, MachineDetails, MachineType,
    MissingFact, ObjectName, PodVolume, RejectedGroup, Rejection, Resources, Snapshot, Volume, Weight, Zone,
};
use serde_json::json;

use crate::support::scenario::situation;

/// Returns a mixed group of GPU and plain machines with one live node, and a group of the same name
/// elsewhere.
fn mixed() -> (Snapshot, Policy) {
    let (world, policy) = situation(
        "group web cpu=4 min=1 max=3 desired=1 priority=-1
         node web-1 group=web
         group ml zones=a,b type=m5.xlarge cpu=4 mem=8Gi max=9 label=pool=ml taint=dedicated
         node ml-1 group=ml
         group web region=us-east-1
         daemon agent cpu=100m mem=200Mi tolerate=dedicated
         daemon driver cpu=50m tolerate=dedicated select=node.kubernetes.io/instance-type=p3.2xlarge
         pods train x2 cpu=1 tolerate=dedicated select=pool=ml",
    );
    let mut snapshot = world.snapshot;
    snapshot.csi_nodes = vec![CsiNode { name: "ml-1".into(), limits: [("ebs.csi.aws.com".to_owned(), 25)].into() }];
    snapshot.zones = vec![Zone { region: "us-west-2".into(), name: "us-west-2a".into(), id: "usw2-az2".into() }];
    snapshot.machine_types = vec![MachineType {
        region: "us-west-2".into(),
        name: "p3.2xlarge".into(),
        cpus: 8,
        memory_mib: 62_464,
        architecture: Architecture::Amd64,
        network_pods: 58,
        devices: [("nvidia.com/gpu", 1)].into_iter().collect(),
        max_efa_interfaces: 0,
        details: MachineDetails::default(),
    }];
    let ml = snapshot.groups.iter_mut().find(|group| group.id.name == "ml").expect("it is there");
    ml.desired = 1;
    ml.tags.resources = Resources::default();
    ml.launch_options.push(LaunchOption {
        machine_type: "p3.2xlarge".into(),
        weight: Weight::new(2),
        image: None,
        launch_version: None,
        root_volume_gib: Some(100),
        efa_interfaces: 0,
        details: LaunchDetails::default(),
    });
    (snapshot, policy)
}

#[test]
fn a_group_is_explained_fact_by_fact() {
    let (snapshot, policy) = mixed();
    let ml = explain::group(&snapshot, &policy, "ml").expect("the group");
    insta::assert_snapshot!(render::explain_group(&ml, None, false));
    let narrow = render::explain_group(&ml, Some(80), false);
    assert!(narrow.lines().all(|line| line.chars().count() <= 80), "{narrow}");
}

#[test]
fn json_reads_back_and_is_the_same_whatever_the_order() {
    let (mut snapshot, policy) = mixed();
    let ml = explain::group(&snapshot, &policy, "ml").expect("the group");
    let json = render::json(&ml);
    assert_eq!(serde_json::from_str::<explain::GroupExplanation>(&json).expect("what was written"), ml);
    snapshot.groups.reverse();
    snapshot.daemon_sets.reverse();
    snapshot.nodes.reverse();
    assert_eq!(render::json(&explain::group(&snapshot, &policy, "ml").expect("the group")), json);
}

#[test]
fn every_label_and_amount_of_a_variant_is_told() {
    let (snapshot, policy) = mixed();
    let template = explain::group(&snapshot, &policy, "ml").expect("the group").template.expect("a template");
    assert_eq!(template.variants.len(), 4);
    let told = |key: &str| template.labels.iter().find(|fact| fact.key == key).map(|fact| (fact.value.as_str(), &fact.source));
    // The live node shows it for its own type, the tag for the other one.
    let tag = FactSource::Tag { key: "k8s.io/cluster-autoscaler/node-template/label/pool".into() };
    assert_eq!(told("pool"), Some(("ml", &tag)));
    for fact in &template.labels {
        assert!(
            template.variants.iter().all(|variant| variant.labels.get(&fact.key).is_some_and(|value| *value == fact.value)),
            "{}",
            fact.key
        );
    }
    let driver = template.daemon_requests.iter().find(|daemon| daemon.daemon_set.name == "driver").expect("it runs somewhere");
    assert_eq!(driver.variants, 2);
}

#[test]
fn a_group_that_cannot_grow_says_why() {
    let (mut world, policy) = situation(
        "group web cpu=4 desired=3
         node web-1 group=web
         failure web 10m Insufficient capacity",
    );
    let explained = |world: &Snapshot| explain::group(world, &policy, "web").expect("the group");
    let web = explained(&world.snapshot);
    assert!(!web.health.can_grow);
    assert!(matches!(web.health.block, Some(GrowthBlock::Backoff { .. })), "{:?}", web.health.block);
    assert_eq!(web.health.gap, GapFact::Stalled { nodes: 2, age: None });
    assert!(web.findings.iter().any(|finding| matches!(finding.code, FindingCode::GroupBlocked { .. })));
    world.snapshot.gaps.push(Gap { fact: MissingFact::GrowthNotes, error: "denied".into() });
    let web = explained(&world.snapshot);
    assert_eq!(web.health.block, Some(GrowthBlock::GrowthNotesUnread));
    assert!(matches!(web.health.backoff, Some(GrowthBlock::Backoff { .. })), "{:?}", web.health.backoff);
    let text = render::explain_group(&web, None, false);
    assert!(text.contains("can grow  no: what was asked for earlier could not be read"), "{text}");
    assert!(text.contains("Insufficient capacity"), "{text}");
}

#[test]
fn a_group_with_a_closed_zone_lists_it() {
    let (world, policy) = situation(
        "group web zones=a,b cpu=4
         failure web 18m zone=us-west-2a Insufficient capacity.",
    );
    let web = explain::group(&world.snapshot, &policy, "web").expect("the group");
    assert!(web.health.can_grow);
    assert_eq!(web.report.closed.iter().map(|part| part.zone.as_deref()).collect::<Vec<_>>(), [Some("us-west-2a")]);
    let text = render::explain_group(&web, None, false);
    let line = "closed    in backoff in us-west-2a until 12:42 UTC, in 42m (failed 18m ago): Insufficient";
    assert!(text.contains(line), "{text}");
}

#[test]
fn a_group_whose_template_is_unknown_says_what_is_missing() {
    let (mut world, policy) = situation("group web cpu=4");
    world.snapshot.groups[0].tags.resources = Resources::default();
    let web = explain::group(&world.snapshot, &policy, "web").expect("the group");
    assert_eq!(web.template_unknown.as_deref(), Some("instance type m5.xlarge is unknown in us-west-2"));
    assert!(render::explain_group(&web, None, false).contains("unknown  instance type m5.xlarge is unknown in us-west-2"));
}

#[test]
fn a_name_in_two_regions_needs_its_region() {
    let (mut snapshot, policy) = mixed();
    let find = |snapshot: &Snapshot, name: &str| explain::group(snapshot, &policy, name).map(|it| it.report.group.to_string());
    assert_eq!(find(&snapshot, "us-east-1/web").as_deref(), Ok("web (us-east-1)"));
    assert_eq!(find(&snapshot, "ml").as_deref(), Ok("ml (us-west-2)"));
    let choices = vec!["us-east-1/web".to_owned(), "us-west-2/web".to_owned()];
    assert_eq!(find(&snapshot, "web"), Err(NoSuchGroup::Ambiguous { name: "web".into(), choices }));
    let error = find(&snapshot, "wbe").expect_err("no such group");
    assert_eq!(error.to_string(), "no group is named wbe; managed: web (us-east-1), ml (us-west-2), web (us-west-2)");
    let id = GroupId { region: "us-west-2".into(), name: "etcd".into() };
    snapshot.rejected_groups.push(RejectedGroup { id, rejection: Rejection::OptedOut });
    let error = find(&snapshot, "etcd").expect_err("not managed");
    assert_eq!(error.to_string(), "etcd (us-west-2) is not managed: it is opted out by its tag ec2-autoscale/enabled=false");
}

/// Otherwise every run would buy for the same pod, and none of the new nodes would take it.
#[test]
fn nothing_is_bought_for_a_label_that_only_a_tag_has() {
    let (mut world, policy) = situation(
        "group web cpu=4 desired=1 label=pool=web
         node web-1 group=web
         pods job cpu=1 select=pool=web",
    );
    let buys = |snapshot: &Snapshot| plan(snapshot, &policy).summary.nodes_added;
    world.node("web-1").unschedulable = true;
    assert_eq!(buys(&world.snapshot), 1, "the node has what the tag says");
    world.node("web-1").labels.remove("pool");
    assert_eq!(buys(&world.snapshot), 0);
    let web = explain::group(&world.snapshot, &policy, "web").expect("the group");
    let told: Vec<&str> = web.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        told,
        ["web (us-west-2): its live nodes are not what its tags or its launch template say: none has the label pool=web; \
          correct the tags or replace the nodes"]
    );
}

/// The words are its cloud's, and so is the moment after which it holds.
#[test]
fn advice_is_a_finding_once_it_holds() {
    let (mut world, policy) = situation("group web cpu=4");
    let advice = |request: &str, minutes: u64| Advice {
        after: Some(world.ago(60 * minutes)),
        ..Advice::new(AdviceCode::SpotRequestWaits, format!("cancel {request}"))
    };
    let unprotected = Advice::new(AdviceCode::Unprotected, "protect new instances".into());
    world.snapshot.groups[0].advice = vec![advice("sir-old", 15), advice("sir-young", 0), unprotected];
    let web = explain::group(&world.snapshot, &policy, "web").expect("the group");
    let found: Vec<_> = web.findings.iter().map(|finding| (finding.code.clone(), finding.message.as_str())).collect();
    let code = |code| FindingCode::Advice { code, group: world.snapshot.groups[0].id.clone() };
    let expected =
        [(code(AdviceCode::Unprotected), "protect new instances"), (code(AdviceCode::SpotRequestWaits), "cancel sir-old")];
    assert_eq!(found, expected);
    let written = serde_json::to_value(&web.findings[0]).expect("plain data");
    let id = json!({"region": "us-west-2", "name": "web"});
    assert_eq!(written, json!({"code": "unprotected", "group": id, "message": "protect new instances"}));
    assert_eq!(serde_json::from_value::<Finding>(written).expect("what was written"), web.findings[0]);
}

/// In a group of one zone the volume is never far.
#[test]
fn volumes_of_one_zone_in_a_group_of_several_are_a_finding() {
    let (mut world, policy) = situation(
        "group web zones=a,b cpu=4 desired=1
         node web-1 group=web
         group one zones=a cpu=4 desired=1
         node one-1 group=one
         pods db cpu=1 on=web-1
         pods cache cpu=1 on=one-1",
    );
    for pod in &mut world.snapshot.pods {
        pod.volumes = vec![PodVolume::Claim { claim: "data".into() }];
    }
    let found = |snapshot: &Snapshot| {
        let codes = plan(snapshot, &policy).findings.into_iter().map(|finding| finding.code);
        codes.filter(|code| matches!(code, FindingCode::ZonalVolumes { .. })).collect::<Vec<_>>()
    };
    world.snapshot.claims = vec![
        serde_json::from_value(json!({"namespace": "batch", "name": "data", "phase": "bound", "volume": "pv-1"}))
            .expect("a claim"),
    ];
    let zone = json!([{"match_expressions": [
        {"key": "topology.kubernetes.io/zone", "operator": "in", "values": ["us-west-2a"]}
    ]}]);
    let mut volume: Volume =
        serde_json::from_value(json!({"name": "pv-1", "available": false, "node_affinity": zone})).expect("a volume");
    world.snapshot.volumes = vec![volume.clone()];
    let group = world.snapshot.groups[0].id.clone();
    let pod = ObjectName { namespace: "batch".into(), name: "db-0".into() };
    assert_eq!(found(&world.snapshot), [FindingCode::ZonalVolumes { group, pod }]);
    volume.node_affinity = None;
    world.snapshot.volumes = vec![volume];
    assert_eq!(found(&world.snapshot), []);
}
