//! The language of scenarios: a line a sentence, `key=value` words after the subject.
//!
//! ```text
//! policy idle-threshold=5m max-scale-up=10 expander=random,spot seed=2 max-cpu=64 no-scale-in
//!           [balance-similar-groups]
//! file {"groups": [{"names": ["web"], "min": 3}]}
//!                             what a policy file has beside its flags, as JSON in one line;
//!                             further ones add to it
//! group web region=us-west-2 zones=a,b min=0 max=5 desired=1 cpu=4 mem=16Gi gpu=8 [spot]
//!           [priority=7] [label=k=v] [taint=k] [suspended=launch] [unprotected] [weight=4]
//!           [over-provision=2] [max-scale-up=3] [max-price=0.03]
//!           [spot-price=0.04:m5.large:us-west-2a] [on-demand=1:50]
//!           [reserved=cr-1,cr-2] [reserved-only]   the reservations it may use, and nothing else
//!           [chooses-zones]   the cloud launches its nodes in a zone that is named
//!           [lifetime=1d]     the cloud replaces its instances at that age
//!           [apart=NAME]      its placement group, which takes 7 in a zone; together=NAME for one
//!                             that keeps all in one zone
//!           [others=a:3]      so many machines of others are in it, by zone
//! node web-1 group=web [reservation=cr-1] [age=2h] [idle=20m] [cordoned=5m] [draining=5m]
//!           [cordoned-by-person] [uncordoned-by-person] [starting] [protected]
//!           [label=k=v]       a label beside those of its group
//!           [not-ready=3m [unmarked] [machine=impaired] [left-behind] [gone=1h]]
//!           [by-nobody]       the instance that left it behind is of no known group
//! instance group=web age=40m [state=pending] [spot]
//!           [unnoted]         an instance without a node; earlier runs noted it unless stated
//! daemon agent cpu=100m [claims=one] [unread]
//!                             `unread`: the templates of its claims could not be read
//! pods train x12 cpu=2 mem=4Gi gpu=4 [on=web-1] [select=k=v] [zone=us-west-2a] [tolerate=k]
//!           [priority=5] [pending=3m] [owner=ReplicaSet] [bound=2h] [annotation=k=v] [label=k=v]
//!           [scratch=volume] [scheduler=other] [port=80] [device=claim] [gate=g] [unseen]
//!           [nominated=web-1] [namespace=x] [deadline=2h] [gang=g]
//!           [preempted]       the scheduler ends them to make room
//!           [leaving]         they are being deleted
//!           [claims=one]      each has a claim of its own; `device=one` is one for all of them
//!           [spread=zone:1[:3]]   at most so much skew of pods with its labels, over 3 zones at
//!                             least;
//!                             `node` instead of `zone` spreads over nodes, and a label over its
//!                             values
//! gang g min=8 [namespace=x] [priority=5] [kind=pod-group] [same=topology.kubernetes.io/zone]
//!           [total=8]         others are made once the first runs
//! job train parallelism=8 [completions=8] [succeeded=1] [failed=1] [suspended] [age=1h]
//!           [replaces-ended]  a Job that may be about to make pods: those of its name are its own
//! buffer spare replicas=3 cpu=2 [mem=4Gi] [percent=50:8] [limit-cpu=8] [limit-gpu=2] [strategy=s]
//!           [template-missing] [select=k=v] [tolerate=k] [priority=5] [label=k=v] [namespace=x]
//!                             a CapacityBuffer: `percent` is of so many replicas
//! no-buffer spare             it is deleted
//! request train count=8 cpu=2 [mem=4Gi] [gpu=1] [class=check|atomic|other] [age=5m] [booked=3m]
//!           [no-retry] [instance=x] [valid=600] [template-missing] [select=k=v] [namespace=x]
//!                             a ProvisioningRequest; `booked` is how long ago room was found
//! more-pods train count=2 cpu=1   further pods of a request, which are other ones
//! capacity-quota gpus [pool=gpu] nodes=3 [cpu=64] [mem=256Gi] [gpu=8]
//!                             a CapacityQuota over the nodes with a label
//! conditions                  writes what the last plan has for the requests, and shows it
//! budget web allowed=1 [label=k=v] [namespace=x] [unhealthy-may-go]
//!                             a PodDisruptionBudget; a later sentence about it replaces it
//! failure web 10m [zone=us-west-2a] [type=m5.large] [placement=full] The cloud's words
//!                             a failed launch, by age
//! launched web 5m [zone=us-west-2a] [type=m5.large] [refresh]         a launch that succeeded
//! price us-west-2 m5.xlarge 0.192 [spot] [zone=us-west-2a] [list=0.24]  dollars per hour
//! scheduled web evening cron=0_18_*_*_* [zone=Europe/Berlin] [max=0] [min=0] [desired=0]
//!                             a scheduled action; in=2m instead of cron for one that happens once
//! pool web i-00000002         instances of the group that are in its warm pool
//! reservation cr-1 type=m5.xlarge zone=a total=8 [free=3] [starts=40m] [ends=4h]
//!           [ends-machines=3h30m] [kind=on-demand|block|interruptible] [state=delayed] [region=r]
//!                             capacity that is paid for; `-2h` is a moment that has passed.
//!                             Machines of a block end half an hour before it unless stated
//! class … | claim … | devices …   what pods claim: `devices.rs`
//! settle web                  a person sets desired to the live capacity
//! unreadable us-west-2 The cloud's words
//! unread daemonsets           objects that could not be listed
//! nodes | wait 10m | apply | boot | bind | finish train | plan | quiet
//! ```
//! `plan` shows the table. `nodes` shows the messages of the last plan on each node. `apply`
//! carries the last plan out. `boot` lets instances come and become nodes. `bind` places pods as
//! the last plan expects. `quiet` plans again and fails if that would still change anything.

use std::collections::BTreeMap;

use ec2_autoscale_core::duration::Seconds;
use ec2_autoscale_core::plan::check::violations;
use ec2_autoscale_core::plan::{NodeReport, Plan, plan};
use ec2_autoscale_core::policy::{Policy, PolicyFile, Takes, TimedPolicy};
use ec2_autoscale_core::render::{self, TableStyle};
use ec2_autoscale_core::snapshot::{
    Activity, ActivityKind, ActivityStatus, AutomaticChanges, BufferShape, CapacityBuffer, CapacityQuota, DaemonSet,
    DeviceNeeds, DisruptionBudget, Gang, GangName, Gap, Group, GroupId, JobFacts, LabelSelector, Labels, LaunchDetails,
    LaunchOption, Lifecycle, LifecycleHooks, MachineCheck, MakesNoPods, Market, MissingFact, MoneyError, Name, NodeFormula,
    NodeGroupFacts, ObjectName, PlacementGroup, PlacementRule, Pod, PodResourceClaim, PodSpec, PodVolume, Price, PriceSource,
    ProvisioningRequest, Purchase, ReadyStatus, RequestedPods, RequestedShape, Reservation, ReservationKind, ReservationStage,
    ReservedUse, ResourceClaim, Resources, ScheduledChange, Scheduling, SpecId, SpotPrice, TagFacts, Taint, TaintEffect,
    UsdPerHour, WarmPool, Weight, ZoneChoice, ZoneStrategy,
};
use serde_json::{Value, json};

use super::devices::{self, ClaimWords, DeviceWords};
use super::requests;
use super::set_up::SetUp;
use super::world::{World, run_on};
use ec2_autoscale_core::well_known::{annotations, taints};

type Outcome<T> = Result<T, String>;

/// Runs a script. The output is every line that it shows.
pub(crate) fn run(text: &str) -> Outcome<String> {
    stage(text).map(|stage| stage.output)
}

/// Returns the cluster after a script, and the policy that it set.
pub(crate) fn situation(text: &str) -> (World, Policy) {
    let stage = stage(text).unwrap_or_else(|error| panic!("{error} in\n{text}"));
    let policy = stage.policy_now().unwrap_or_else(|error| panic!("{error} in\n{text}"));
    (stage.world, policy)
}

fn stage(text: &str) -> Outcome<Stage> {
    let mut stage = Stage {
        world: World::new(),
        policy: Policy::default(),
        file: PolicyFile::default(),
        last: None,
        output: String::new(),
        needs: BTreeMap::new(),
    };
    for (number, line) in text.lines().enumerate() {
        let sentence = line.split('#').next().unwrap_or_default().trim();
        if !sentence.is_empty() {
            stage.say(sentence).map_err(|error| format!("line {}: {error}", number + 1))?;
        }
    }
    Ok(stage)
}

struct Stage {
    world: World,
    policy: Policy,
    file: PolicyFile,
    last: Option<Plan>,
    output: String,
    /// What claims request, by name.
    needs: BTreeMap<String, DeviceNeeds>,
}

/// The words of a sentence: those with `=` by key, the others as they are.
struct Words<'a> {
    plain: Vec<&'a str>,
    keyed: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Words<'a> {
    fn of(sentence: &'a str) -> Self {
        let mut words = Self { plain: Vec::new(), keyed: BTreeMap::new() };
        for word in sentence.split_whitespace() {
            match word.split_once('=') {
                Some((key, value)) => words.keyed.entry(key).or_default().push(value),
                None => words.plain.push(word),
            }
        }
        words
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        self.keyed.get(key).and_then(|values| values.last().copied())
    }

    fn all(&self, key: &str) -> impl Iterator<Item = &'a str> {
        self.keyed.get(key).into_iter().flatten().copied()
    }

    fn has(&self, word: &str) -> bool {
        self.plain.contains(&word)
    }

    fn need(&self, key: &str) -> Outcome<&'a str> {
        self.get(key).ok_or_else(|| format!("{key}=… is missing"))
    }

    fn number(&self, key: &str, default: i64) -> Outcome<i64> {
        self.get(key).map_or(Ok(default), |text| text.parse().map_err(|_| format!("{key}={text} is not a number")))
    }

    fn seconds(&self, key: &str) -> Outcome<Option<u64>> {
        self.get(key).map(seconds).transpose()
    }

    /// Reads `cpu=2 mem=4Gi gpu=8 pods=10` as amounts.
    fn resources(&self) -> Outcome<Resources> {
        let names = [("cpu", "cpu"), ("mem", "memory"), ("gpu", "nvidia.com/gpu"), ("pods", "pods")];
        let listed = names.iter().filter_map(|(word, name)| Some((*name, self.get(word)?)));
        Resources::parse(listed).map_err(|error| error.to_string())
    }
}

fn seconds(text: &str) -> Outcome<u64> {
    text.parse::<Seconds>().map(|seconds| seconds.0).map_err(|error| error.to_string())
}

impl Stage {
    fn say(&mut self, sentence: &str) -> Outcome<()> {
        let (verb, rest) = sentence.split_once(' ').unwrap_or((sentence, ""));
        match verb {
            "policy" => self.set_policy(&Words::of(rest)),
            "file" => self.add_file(rest),
            "group" => self.add_group(&Words::of(rest)),
            "node" => self.add_node(&Words::of(rest)),
            "instance" => self.add_instance(&Words::of(rest)),
            "daemon" => self.add_daemon(&Words::of(rest)),
            "class" => self.add_class(rest),
            "claim" => self.add_claim(rest),
            "devices" => self.add_devices(&Words::of(rest)),
            "gang" => self.add_gang(&Words::of(rest)),
            "job" => self.add_job(&Words::of(rest)),
            "buffer" => self.add_buffer(&Words::of(rest)),
            "request" => self.add_request(&Words::of(rest)),
            "more-pods" => self.add_to_request(&Words::of(rest)),
            "conditions" => {
                let plan = self.last.as_ref().ok_or_else(|| "nothing is planned".to_owned())?;
                self.output.push_str(&requests::write_conditions(&mut self.world.snapshot, plan));
                Ok(())
            }
            "capacity-quota" => self.add_capacity_quota(&Words::of(rest)),
            "no-buffer" => self.remove_buffer(rest),
            "budget" => self.add_budget(&Words::of(rest)),
            "pods" => self.add_pods(&Words::of(rest)),
            "failure" => self.add_failure(rest),
            "launched" => self.add_launch(&Words::of(rest)),
            "price" => self.add_price(&Words::of(rest)),
            "scheduled" => self.add_scheduled(&Words::of(rest)),
            "reservation" => self.add_reservation(&Words::of(rest)),
            "pool" => self.add_pool(&Words::of(rest)),
            "settle" => {
                self.world.settle(rest);
                Ok(())
            }
            "unreadable" => self.lose_region(rest),
            "unread" => {
                self.lose_objects(rest);
                Ok(())
            }
            "wait" => seconds(rest).map(|seconds| self.world.wait(seconds)),
            "boot" => {
                self.world.boot();
                Ok(())
            }
            "finish" => match self.world.finish(rest) {
                0 => Err(format!("no pod is named {rest}…")),
                _ => Ok(()),
            },
            "plan" => self.show_plan(),
            "nodes" => {
                self.last.as_ref().map(|plan| self.output.push_str(&nodes(plan))).ok_or_else(|| "nothing is planned".to_owned())
            }
            "apply" => self.last.take().map(|plan| self.world.carry_out(&plan)).ok_or_else(|| "nothing is planned".to_owned()),
            "bind" => self.last.as_ref().map(|plan| self.world.bind(plan)).ok_or_else(|| "nothing is planned".to_owned()),
            "quiet" => self.expect_quiet(),
            _ => Err(format!("unknown sentence {sentence:?}")),
        }
    }

    /// Returns the policy that holds at the present moment.
    fn policy_now(&self) -> Outcome<Policy> {
        let mut policy = TimedPolicy::from(self.policy.clone());
        policy.add(&self.file).map_err(|error| error.to_string())?;
        Ok(policy.at(self.world.now()))
    }

    fn add_file(&mut self, text: &str) -> Outcome<()> {
        let more: PolicyFile = serde_json::from_str(text).map_err(|error| error.to_string())?;
        self.file.groups.extend(more.groups);
        self.file.limits.extend(more.limits);
        self.file.quotas.extend(more.quotas);
        self.file.schedules.extend(more.schedules);
        Ok(())
    }

    fn show_plan(&mut self) -> Outcome<()> {
        let plan = plan(&self.world.snapshot, &self.policy_now()?);
        assert_eq!(violations(&plan, &self.world.snapshot), [], "the plan breaks a rule");
        let clock = self.world.now().strftime("%H:%M:%S");
        let table = render::table(&plan, TableStyle { width: Some(100), ..TableStyle::default() });
        self.output.extend(["──── ", &clock.to_string(), "\n", &table, "\n"]);
        self.last = Some(plan);
        Ok(())
    }

    fn expect_quiet(&mut self) -> Outcome<()> {
        let plan = plan(&self.world.snapshot, &self.policy_now()?);
        match plan.has_changes() {
            true => Err(format!("still wants {:?}", plan.actions)),
            false => Ok(()),
        }
    }

    /// Sets what is named, as on the command line. A switch that is not named is off.
    fn set_policy(&mut self, words: &Words<'_>) -> Outcome<()> {
        let unknown = |word: &&&str| Policy::SETTINGS.iter().all(|setting| setting.flag() != **word);
        if let Some(word) = words.plain.iter().chain(words.keyed.keys()).find(unknown) {
            return Err(format!("unknown policy {word}"));
        }
        for setting in Policy::SETTINGS {
            let value = match setting.takes {
                Takes::Nothing => Some(words.has(setting.flag()).to_string()),
                Takes::One { alone: Some(value), .. } if words.has(setting.flag()) => Some(value.to_owned()),
                Takes::One { .. } | Takes::List => words.get(setting.flag()).map(str::to_owned),
            };
            if let Some(value) = value {
                setting.read(&mut self.policy, &value)?;
            }
        }
        Ok(())
    }

    fn add_group(&mut self, words: &Words<'_>) -> Outcome<()> {
        let name = *words.plain.first().ok_or("a group needs a name")?;
        let region = words.get("region").unwrap_or("us-west-2");
        self.world.add_region(region);
        let mut resources = words.resources()?;
        for (name, default) in [("pods", 110), ("memory", 16 << 30)] {
            if !resources.contains(name) {
                resources.set(name, default);
            }
        }
        let desired = words.number("desired", 0)?;
        let weight = words.number("weight", 1)?;
        let tags = ["priority", "over-provision", "max-scale-up", "drain-utilization", "consolidate", "type-idle-threshold"];
        let settings = tags.into_iter().filter_map(|tag| Some((tag.to_owned(), words.get(tag)?.to_owned())));
        let id = GroupId { region: region.into(), name: name.into() };
        let zones: Vec<String> = words.get("zones").unwrap_or("a").split(',').map(|zone| format!("{region}{zone}")).collect();
        let suspended: Vec<&str> = words.all("suspended").collect();
        let set_up = SetUp::read(&id, &zones, &suspended, |word| words.has(word))?;
        let group = Group {
            id,
            managed_by: ec2_autoscale_core::snapshot::Membership::ClusterTag,
            min: words.number("min", 0)?,
            max: words.number("max", 10)?,
            desired,
            zones,
            launch_options: words
                .get("type")
                .unwrap_or("m5.xlarge")
                .split(',')
                .map(|machine_type| LaunchOption {
                    machine_type: machine_type.into(),
                    weight: Weight::new(weight),
                    image: None,
                    launch_version: None,
                    root_volume_gib: None,
                    efa_interfaces: 0,
                    details: LaunchDetails::default(),
                })
                .collect(),
            purchase: purchase(words)?,
            node_formula: NodeFormula::default(),
            lowest_spot_price: words.get("spot-price").map(lowest_price).transpose()?,
            instances: vec![],
            activities: vec![],
            cannot: set_up.cannot,
            rebalances_zones: set_up.rebalances_zones,
            launches_protected: set_up.launches_protected,
            zone_strategy: if words.has("balanced-only") { ZoneStrategy::BalancedOnly } else { ZoneStrategy::default() },
            zone_choice: match words.has("chooses-zones") {
                true => ZoneChoice::Possible { subnets: BTreeMap::new() },
                false => ZoneChoice::default(),
            },
            reserved: ReservedUse {
                reservations: words.all("reserved").flat_map(|ids| ids.split(',')).map(str::to_owned).collect(),
                only: words.has("reserved-only"),
            },
            placement: placement(words, region)?,
            node_group: NodeGroupFacts::default(),
            advice: set_up.advice,
            hooks: LifecycleHooks::default(),
            automatic: AutomaticChanges {
                max_instance_lifetime: words.seconds("lifetime")?.map(Seconds),
                ..AutomaticChanges::default()
            },
            tags: TagFacts {
                labels: pairs(words.all("label")),
                taints: words.all("taint").map(no_schedule).collect(),
                resources,
                settings: settings.collect(),
                ..TagFacts::default()
            },
            foreign_cluster: words.get("foreign").map(str::to_owned),
        };
        self.world.snapshot.groups.push(group);
        Ok(())
    }

    /// Adds a node that exists already. The group's desired capacity must count it.
    fn add_node(&mut self, words: &Words<'_>) -> Outcome<()> {
        let name = *words.plain.first().ok_or("a node needs a name")?;
        let group = words.need("group")?;
        let age = words.seconds("age")?.unwrap_or(7200);
        let instance = self.world.launch(group, age + 120);
        self.world.register(group, &instance, name, age);
        self.world.reserve(&instance, words.get("reservation"));
        let now = self.world.now();
        let idle = words.seconds("idle")?.map(|idle| self.world.ago(idle));
        let cordoned = words.seconds("cordoned")?.map(|cordoned| self.world.ago(cordoned));
        let draining = words.seconds("draining")?.map(|since| self.world.ago(since));
        let not_ready = words.seconds("not-ready")?.map(|since| self.world.ago(since));
        let node = self.world.node(name);
        if let Some(idle) = idle {
            let value = idle.as_second().to_string();
            node.taints.push(Taint { key: taints::IDLE_SINCE.into(), value, effect: TaintEffect::PreferNoSchedule });
        }
        if let Some(cordoned) = cordoned {
            node.unschedulable = !words.has("uncordoned-by-person");
            node.marks.insert(annotations::CORDONED_AT.into(), cordoned.to_string().into());
        }
        if let Some(since) = draining {
            node.unschedulable = true;
            node.marks.insert(annotations::CORDONED_AT.into(), since.to_string().into());
            node.marks.insert(annotations::DRAINING_SINCE.into(), since.to_string().into());
        }
        if let Some(since) = not_ready {
            node.ready.status = ReadyStatus::Unknown;
            node.ready.since = Some(since);
            if !words.has("unmarked") {
                node.marks.insert(annotations::NOT_READY_SINCE.into(), since.to_string().into());
            }
        }
        if let Some(health) = words.get("machine") {
            let (instance, region) = (instance.clone(), self.world.region_of(group));
            let check =
                MachineCheck { instance, region, node: None, group: Some(group.to_owned()), health: from_json(json!(health))? };
            self.world.snapshot.machine_checks.push(check);
        }
        if words.has("left-behind") {
            let lists = |one: &ec2_autoscale_core::snapshot::Instance| one.id != instance;
            self.world.snapshot.groups.iter_mut().for_each(|group| group.instances.retain(lists));
        }
        if words.has("by-nobody") {
            self.world.snapshot.machine_checks.iter_mut().filter(|it| it.instance == instance).for_each(|it| it.group = None);
        }
        let gone = words.seconds("gone")?.map(|since| self.world.ago(since));
        let node = self.world.node(name);
        if let Some(since) = gone {
            node.marks.insert(annotations::GONE_SINCE.into(), since.to_string().into());
        }
        if words.has("starting") {
            node.ready.status = ReadyStatus::False;
            node.ready.since = Some(now);
            node.taints.push(no_schedule("node.kubernetes.io/not-ready"));
        }
        if words.has("protected") {
            node.marks.insert("cluster-autoscaler.kubernetes.io/scale-down-disabled".into(), "true".into());
        }
        node.unschedulable |= words.has("cordoned-by-person");
        node.labels.extend(pairs(words.all("label")));
        Ok(())
    }

    fn add_instance(&mut self, words: &Words<'_>) -> Outcome<()> {
        let age = words.seconds("age")?.unwrap_or(60);
        let id = self.world.launch(words.need("group")?, age);
        let mut instances = self.world.snapshot.groups.iter_mut().flat_map(|group| &mut group.instances);
        let instance = instances.find(|instance| instance.id == id).expect("it was just launched");
        instance.lifecycle = words.get("state").map_or(Ok(instance.lifecycle), lifecycle)?;
        instance.spot = words.has("spot");
        instance.reservation = words.get("reservation").map(str::to_owned);
        if instance.lifecycle == Lifecycle::InService && !words.has("unnoted") {
            self.world.note(&id, age);
        }
        Ok(())
    }

    fn add_daemon(&mut self, words: &Words<'_>) -> Outcome<()> {
        let name = *words.plain.first().ok_or("a DaemonSet needs a name")?;
        let spec = self.spec(words)?;
        let mut resource_claims = Vec::new();
        for template in words.all("claims") {
            resource_claims.push(PodResourceClaim { name: template.into(), claim: None, template: Some(template.into()) });
            let needs = self.needs.get(template).filter(|_| !words.has("unread")).cloned();
            let templates = &mut self.world.snapshot.resource_claim_templates;
            templates.extend(needs.map(|needs| devices::template("kube-system", template, needs)));
        }
        self.world.snapshot.daemon_sets.push(DaemonSet {
            namespace: "kube-system".into(),
            name: name.into(),
            spec,
            labels: Labels::new(),
            resource_claims,
        });
        Ok(())
    }

    fn add_pods(&mut self, words: &Words<'_>) -> Outcome<()> {
        let name = *words.plain.first().ok_or("pods need a name")?;
        let count: u32 = words.plain.iter().find_map(|word| word.strip_prefix('x')?.parse().ok()).unwrap_or(1);
        let spec = self.spec(words)?;
        let pending = words.seconds("pending")?.unwrap_or(120);
        let since = self.world.ago(pending);
        let bound = self.world.ago(words.seconds("bound")?.unwrap_or(7200));
        let owner = words.get("owner").unwrap_or("Job");
        let api_version = if owner == "Job" { "batch/v1" } else { "apps/v1" };
        let namespace = words.get("namespace").unwrap_or("batch");
        for number in 0..count {
            let mut pod: Pod = from_json(json!({
                "namespace": namespace, "name": format!("{name}-{number}"),
                "uid": format!("uid-of-{name}-{number}"), "spec": spec, "phase": "pending",
                "owner": {"kind": owner, "api_version": api_version, "name": name, "uid": format!("uid-of-{name}")},
                "scheduling": {"state": "unschedulable", "since": since}, "created_at": since
            }))?;
            pod.labels = pairs(words.all("label"));
            pod.drain_annotations = pairs(words.all("annotation"));
            pod.volumes = words.all("scratch").map(|volume| PodVolume::EmptyDir { volume: volume.into() }).collect();
            pod.ready = words.get("on").is_some();
            pod.nominated_node = words.get("nominated").map(Name::from);
            pod.resource_claims = words.all("device").map(|name| device_claim(name, name)).collect();
            for name in words.all("claims") {
                let own = format!("{name}-of-{}", pod.name);
                let mut claim = self.claim_of(namespace, &own, name);
                if let Some(node) = words.get("on") {
                    devices::allocate(&self.world.snapshot, &mut claim, node, &pod.uid);
                }
                self.world.snapshot.resource_claims.push(claim);
                pod.resource_claims.push(device_claim(name, &own));
            }
            pod.gang = words.get("gang").map(|gang| self.gang_named(namespace, gang)).transpose()?;
            if words.has("unseen") {
                pod.scheduling = Scheduling::Unseen;
            }
            if let Some(node) = words.get("on") {
                self.world.node(node);
                run_on(&mut pod, node, bound);
            }
            if words.has("preempted") {
                (pod.preempted, pod.deletion_deadline) = (true, Some(Seconds(30).after(self.world.now())));
            }
            if words.has("leaving") {
                pod.deletion_deadline = Some(Seconds(30).after(self.world.now()));
            }
            self.world.snapshot.pods.push(pod);
        }
        let shared: Vec<ResourceClaim> = words.all("device").map(|name| self.claim_of(namespace, name, name)).collect();
        self.world.snapshot.resource_claims.extend(shared);
        Ok(())
    }

    fn add_class(&mut self, rest: &str) -> Outcome<()> {
        let (words, selectors) = devices::with_selector(rest);
        let words = Words::of(words);
        let name = *words.plain.first().ok_or("a class needs a name")?;
        let resource = words.get("resource");
        self.world.snapshot.device_classes.push(devices::class(name, resource, &selectors)?);
        self.world.snapshot.device_class_resources.extend(resource.map(str::to_owned));
        Ok(())
    }

    fn add_claim(&mut self, rest: &str) -> Outcome<()> {
        let (words, selectors) = devices::with_selector(rest);
        let words = Words::of(words);
        let name = *words.plain.first().ok_or("a claim needs a name")?;
        let claim = ClaimWords {
            class: words.get("class").unwrap_or("gpu"),
            count: words.number("count", 1)?,
            all: words.has("all"),
            tolerations: words.all("tolerate").collect(),
            same: words.get("same"),
            first: words.get("first"),
            selectors,
        };
        self.needs.insert(name.to_owned(), claim.needs()?);
        Ok(())
    }

    fn add_devices(&mut self, words: &Words<'_>) -> Outcome<()> {
        let node = *words.plain.first().ok_or("devices need a node")?;
        let of_group = words.has("of-group");
        let slice = DeviceWords {
            node: if of_group { "" } else { node },
            count: words.plain.iter().find_map(|word| word.strip_prefix('x')?.parse().ok()).unwrap_or(1),
            driver: words.get("driver"),
            attributes: words.all("attribute").collect(),
            capacity: words.all("capacity").collect(),
            taints: words.all("taint").collect(),
            slices: words.number("slices", 1)?,
        };
        let slice = slice.slice()?;
        let known = self.world.snapshot.resource_slices.get_or_insert_default();
        if of_group {
            let group = self.world.snapshot.groups.iter_mut().find(|known| known.id.name == node).ok_or("no such group")?;
            group.tags.devices.push(slice);
        } else {
            known.push(slice);
        }
        Ok(())
    }

    /// Returns a claim without devices. What none of that name requests, only the scheduler knows.
    fn claim_of(&self, namespace: &str, name: &str, needs: &str) -> ResourceClaim {
        ResourceClaim { needs: self.needs.get(needs).cloned(), ..unallocated(namespace, name) }
    }

    fn add_gang(&mut self, words: &Words<'_>) -> Outcome<()> {
        let name = *words.plain.first().ok_or("a gang needs a name")?;
        self.world.snapshot.gangs.push(Gang {
            namespace: words.get("namespace").unwrap_or("batch").into(),
            id: GangName { kind: from_json(json!(words.get("kind").unwrap_or("pod-group")))?, name: name.into() },
            min: u32::try_from(words.number("min", 1)?).map_err(|error| error.to_string())?,
            same: words.get("same").map(str::to_owned),
            total: words.get("total").map(|_| words.number("total", 0)).transpose()?.and_then(|it| it.try_into().ok()),
            priority: words.get("priority").map(|_| words.number("priority", 0)).transpose()?.and_then(|it| it.try_into().ok()),
            created_at: self.world.now(),
        });
        Ok(())
    }

    /// Adds a Job, and counts the pods that Jobs are about to make.
    fn add_job(&mut self, words: &Words<'_>) -> Outcome<()> {
        let name = *words.plain.first().ok_or("a Job needs a name")?;
        let number = |key: &str, default: i64| {
            words.number(key, default).and_then(|number| u32::try_from(number).map_err(|error| error.to_string()))
        };
        let completions = words.get("completions").map(|_| number("completions", 0)).transpose()?;
        self.world.snapshot.looked_at.gangs.expect_job_pods = true;
        self.world.snapshot.jobs.push(JobFacts {
            namespace: words.get("namespace").unwrap_or("batch").into(),
            name: name.into(),
            uid: format!("uid-of-{name}").into(),
            created_at: self.world.ago(words.seconds("age")?.unwrap_or(0)),
            parallelism: number("parallelism", 1)?,
            completions,
            succeeded: number("succeeded", 0)?,
            failed: number("failed", 0)?,
            replaces_the_ended: words.has("replaces-ended"),
            makes_none: words.has("suspended").then_some(MakesNoPods::Suspended),
        });
        Ok(())
    }

    fn add_buffer(&mut self, words: &Words<'_>) -> Outcome<()> {
        let name = *words.plain.first().ok_or("a buffer needs a name")?;
        let namespace = words.get("namespace").unwrap_or("batch");
        let created_at = self.world.now();
        let number =
            |key: &str| words.get(key).map(|text| text.parse::<u32>().map_err(|_| format!("{key}={text}"))).transpose();
        let percent = words.get("percent").and_then(|text| text.split_once(':'));
        let limits = [("limit-cpu", "cpu"), ("limit-gpu", "nvidia.com/gpu")];
        let limits: Vec<_> = limits.iter().filter_map(|(word, name)| Some((*name, words.get(word)?))).collect();
        let mut pod = Pod::unseen(ObjectName::new(namespace, name), self.spec(words)?, created_at);
        pod.labels = pairs(words.all("label"));
        pod.scheduling = Scheduling::Unschedulable { since: created_at };
        let scale = percent.map(|(_, of)| of.parse().map_err(|_| "percent=P:REPLICAS")).transpose()?;
        let shape = match words.has("template-missing") {
            true => BufferShape::TemplateMissing { name: name.into() },
            false => BufferShape::Known { pod: Box::new(pod), scale, template: None },
        };
        self.world.snapshot.capacity_buffers.push(CapacityBuffer {
            namespace: namespace.into(),
            name: name.into(),
            created_at,
            strategy: words.get("strategy").map(str::to_owned),
            replicas: number("replicas")?,
            percentage: percent.map(|(of, _)| of.parse().map_err(|_| "percent=P:REPLICAS")).transpose()?,
            limits: if limits.is_empty() { None } else { Some(Resources::parse(limits).map_err(|error| error.to_string())?) },
            shape,
            object: None,
        });
        Ok(())
    }

    fn add_request(&mut self, words: &Words<'_>) -> Outcome<()> {
        let name = *words.plain.first().ok_or("a request needs a name")?;
        let created_at = self.world.ago(words.seconds("age")?.unwrap_or(60));
        let class = match words.get("class").unwrap_or("atomic") {
            "check" => "check-capacity.autoscaling.x-k8s.io",
            "atomic" => "best-effort-atomic-scale-up.autoscaling.x-k8s.io",
            other => other,
        };
        let mut parameters = BTreeMap::new();
        let listed = [("instance", "processorInstance"), ("valid", "ValidUntilSeconds")];
        parameters.extend(listed.iter().filter_map(|(word, name)| Some(((*name).to_owned(), words.get(word)?.to_owned()))));
        if words.has("no-retry") {
            parameters.insert("noRetry".to_owned(), "true".to_owned());
        }
        let mut request = ProvisioningRequest {
            namespace: words.get("namespace").unwrap_or("batch").into(),
            name: name.into(),
            api_version: "v1".to_owned(),
            resource_version: "1".to_owned(),
            created_at,
            class: class.to_owned(),
            parameters,
            pod_sets: Vec::new(),
            conditions: Vec::new(),
        };
        if let Some(ago) = words.seconds("booked")? {
            requests::booked_before(&mut request, self.world.ago(ago));
        }
        requests::add(&mut self.world.snapshot, request);
        self.add_to_request(words)
    }

    fn add_to_request(&mut self, words: &Words<'_>) -> Outcome<()> {
        let name = *words.plain.first().ok_or("a request needs a name")?;
        let spec = self.spec(words)?;
        let count = u32::try_from(words.number("count", 1)?).map_err(|error| error.to_string())?;
        let known = &mut self.world.snapshot.provisioning_requests;
        let place = known.iter().position(|request| request.name == *name).ok_or_else(|| format!("no request {name}"))?;
        let mut request = known.remove(place);
        let pod = Pod::unseen(request.id(), spec, request.created_at);
        let pod = Pod { scheduling: Scheduling::Unschedulable { since: request.created_at }, ..pod };
        let shape = match words.has("template-missing") {
            true => RequestedShape::TemplateMissing,
            false => RequestedShape::Known { pod: Box::new(pod) },
        };
        request.pod_sets.push(RequestedPods { template: format!("ppt-{name}").into(), count, shape });
        requests::add(&mut self.world.snapshot, request);
        Ok(())
    }

    fn remove_buffer(&mut self, name: &str) -> Outcome<()> {
        let buffers = &mut self.world.snapshot.capacity_buffers;
        let before = buffers.len();
        buffers.retain(|buffer| buffer.name != name);
        if buffers.len() < before { Ok(()) } else { Err(format!("no buffer {name}")) }
    }

    fn gang_named(&self, namespace: &str, name: &str) -> Outcome<Box<GangName>> {
        let is_it = |gang: &&Gang| gang.namespace == namespace && gang.id.name == name;
        let gang = self.world.snapshot.gangs.iter().find(is_it).ok_or_else(|| format!("no gang {name}"))?;
        Ok(Box::new(gang.id.clone()))
    }

    fn add_budget(&mut self, words: &Words<'_>) -> Outcome<()> {
        let name = *words.plain.first().ok_or("a budget needs a name")?;
        let namespace = words.get("namespace").unwrap_or("batch");
        self.world.snapshot.budgets.retain(|known| known.namespace != namespace || known.name != name);
        self.world.snapshot.budgets.push(DisruptionBudget {
            namespace: namespace.into(),
            name: name.into(),
            selector: Some(LabelSelector { match_labels: pairs(words.all("label")), ..LabelSelector::default() }),
            disruptions_allowed: i32::try_from(words.number("allowed", 0)?).map_err(|error| error.to_string())?,
            always_allow_unhealthy: words.has("unhealthy-may-go"),
        });
        Ok(())
    }

    /// Registers the specification of the pods of a sentence.
    fn spec(&mut self, words: &Words<'_>) -> Outcome<SpecId> {
        let mut selector: BTreeMap<&str, &str> = words.all("select").filter_map(|label| label.split_once('=')).collect();
        selector.extend(words.get("zone").map(|zone| ("topology.kubernetes.io/zone", zone)));
        let ports: Vec<Value> = words
            .all("port")
            .map(|port| json!({"ip": "0.0.0.0", "protocol": "TCP", "port": port.parse::<i32>().unwrap_or(0)}))
            .collect();
        let tolerations: Vec<Value> = words.all("tolerate").map(|key| json!({"key": key, "operator": "exists"})).collect();
        let spread = words.all("spread").map(|rule| topology_spread(rule, words)).collect::<Outcome<Vec<Value>>>()?;
        let runs_for_ever = ["ReplicaSet", "StatefulSet"].contains(&words.get("owner").unwrap_or_default());
        let spec: PodSpec = from_json(json!({
            "scheduler_name": words.get("scheduler").unwrap_or("default-scheduler"), "priority": words.number("priority", 0)?,
            "node_selector": selector, "tolerations": tolerations,
            "restart_policy": if runs_for_ever { "always" } else { "never" },
            "resource_claims": words.all("device").chain(words.all("claims")).collect::<Vec<_>>(),
            "scheduling_gates": words.all("gate").collect::<Vec<_>>(),
            "topology_spread": spread,
            "active_deadline": words.seconds("deadline")?,
            "containers": [{"name": "main", "role": "main", "requests": words.resources()?, "host_ports": ports}]
        }))?;
        let specs = &mut self.world.snapshot.pod_specs;
        if let Some((id, _)) = specs.iter().find(|(_, known)| **known == spec) {
            return Ok(*id);
        }
        let id = SpecId(u32::try_from(specs.len()).expect("few specifications"));
        specs.insert(id, spec);
        Ok(id)
    }

    fn add_failure(&mut self, rest: &str) -> Outcome<()> {
        let mut words = rest.splitn(3, ' ');
        let (Some(group), Some(ago), Some(mut message)) = (words.next(), words.next(), words.next()) else {
            return Err("failure GROUP AGO WORDS".to_owned());
        };
        let (mut zone, mut machine_type, mut placement_full) = (None, None, false);
        while let Some((place, others)) = message.split_once(' ') {
            match place.split_once('=') {
                Some(("zone", name)) => zone = Some(name.to_owned()),
                Some(("type", name)) => machine_type = Some(name.to_owned()),
                Some(("placement", "full")) => placement_full = true,
                _ => break,
            }
            message = others;
        }
        let started_at = self.world.ago(seconds(ago)?);
        let id = format!("activity-{}", self.world.next());
        let known = self
            .world
            .snapshot
            .groups
            .iter_mut()
            .find(|known| known.id.name == group)
            .ok_or_else(|| format!("no group {group}"))?;
        known.activities.push(Activity {
            id,
            kind: ActivityKind::Launch,
            status: ActivityStatus::Failed,
            started_at,
            message: message.into(),
            requested_at: None,
            capacity_problem: true,
            replacement: false,
            by_instance_refresh: false,
            placement_full,
            machine_died: false,
            zone,
            machine_type,
        });
        Ok(())
    }

    /// Adds a launch that succeeded. It ends the backoff after a failure.
    fn add_launch(&mut self, words: &Words<'_>) -> Outcome<()> {
        let [group, ago, ..] = words.plain[..] else { return Err("launched GROUP AGO".to_owned()) };
        let started_at = self.world.ago(seconds(ago)?);
        let id = format!("activity-{}", self.world.next());
        let known = self.world.snapshot.groups.iter_mut().find(|known| known.id.name == group).ok_or("no such group")?;
        known.activities.push(Activity {
            id,
            kind: ActivityKind::Launch,
            status: ActivityStatus::Successful,
            started_at,
            message: String::new(),
            requested_at: None,
            capacity_problem: false,
            replacement: false,
            by_instance_refresh: words.has("refresh"),
            placement_full: false,
            machine_died: false,
            zone: words.get("zone").map(str::to_owned),
            machine_type: words.get("type").map(str::to_owned),
        });
        Ok(())
    }

    fn add_reservation(&mut self, words: &Words<'_>) -> Outcome<()> {
        let id = *words.plain.first().ok_or("a reservation needs a name")?;
        let region = words.get("region").unwrap_or("us-west-2");
        let kind: ReservationKind = from_json(json!(words.get("kind").unwrap_or("on-demand")))?;
        let moment = |key: &str| words.get(key).map(|text| self.moment(text)).transpose();
        let (starts_at, ends_at) = (moment("starts")?, moment("ends")?);
        let by_itself = ends_at.filter(|_| kind == ReservationKind::Block).map(|ends| Seconds::minutes(30).before(ends));
        let total = words.number("total", 1)?;
        let is_to_come = starts_at.is_some_and(|starts| starts > self.world.now()) || words.get("state").is_some();
        let reservation = Reservation {
            id: id.to_owned(),
            region: region.to_owned(),
            kind,
            machine_type: words.get("type").unwrap_or("m5.xlarge").to_owned(),
            zone: format!("{region}{}", words.get("zone").unwrap_or("a")),
            stage: if is_to_come { ReservationStage::ToCome } else { ReservationStage::Active },
            state: words.get("state").unwrap_or(if is_to_come { "scheduled" } else { "active" }).to_owned(),
            total,
            free: words.number("free", total)?,
            starts_at,
            ends_at,
            ends_machines_from: moment("ends-machines")?.or(by_itself),
        };
        self.world.snapshot.reservations.retain(|known| known.id != id);
        self.world.snapshot.reservations.push(reservation);
        Ok(())
    }

    /// Reads `40m` as a moment to come, and `-2h` as one that has passed.
    fn moment(&self, text: &str) -> Outcome<jiff::Timestamp> {
        match text.strip_prefix('-') {
            Some(ago) => Ok(self.world.ago(seconds(ago)?)),
            None => Ok(Seconds(seconds(text)?).after(self.world.now())),
        }
    }

    fn add_pool(&mut self, words: &Words<'_>) -> Outcome<()> {
        let (group, warm) = words.plain.split_first().ok_or("pool GROUP INSTANCES")?;
        let known = self.world.snapshot.groups.iter_mut().find(|known| known.id.name == *group).ok_or("no such group")?;
        let keeps = "Running".to_owned();
        known.automatic.warm_pool = Some(WarmPool { keeps, min: 0, most: None, takes_back: false, leaving: false });
        for instance in known.instances.iter_mut().filter(|instance| warm.contains(&instance.id.as_str())) {
            instance.lifecycle = Lifecycle::Warm;
        }
        Ok(())
    }

    fn add_scheduled(&mut self, words: &Words<'_>) -> Outcome<()> {
        let [group, name, ..] = words.plain[..] else { return Err("scheduled GROUP NAME".to_owned()) };
        let size = |key: &str| words.get(key).map(|_| words.number(key, 0)).transpose();
        let from = words.seconds("in")?.map(|seconds| Seconds(seconds).after(self.world.now()));
        let change = ScheduledChange {
            name: name.to_owned(),
            min: size("min")?,
            max: size("max")?,
            desired: size("desired")?,
            from,
            until: None,
            recurrence: words.get("cron").map(|fields| fields.replace('_', " ")),
            time_zone: words.get("zone").map(str::to_owned),
        };
        let known = self.world.snapshot.groups.iter_mut().find(|known| known.id.name == group).ok_or("no such group")?;
        known.automatic.scheduled.push(change);
        Ok(())
    }

    fn add_price(&mut self, words: &Words<'_>) -> Outcome<()> {
        let [region, machine_type, dollars, ..] = words.plain[..] else { return Err("price REGION TYPE DOLLARS".to_owned()) };
        self.world.snapshot.prices.get_or_insert_default().push(Price {
            region: region.into(),
            machine_type: machine_type.into(),
            market: if words.has("spot") { Market::Spot } else { Market::OnDemand },
            zone: words.get("zone").map(str::to_owned),
            usd_per_hour: usd(dollars)?,
            list_usd_per_hour: words.get("list").map(usd).transpose()?,
            source: PriceSource::Table,
        });
        Ok(())
    }

    fn add_capacity_quota(&mut self, words: &Words<'_>) -> Outcome<()> {
        let name = *words.plain.first().ok_or("a quota needs a name")?;
        let mut resources: BTreeMap<String, i64> =
            words.resources()?.iter().map(|(name, amount)| (name.to_owned(), amount)).collect();
        if words.has("nodes") {
            resources.insert("nodes".to_owned(), words.number("nodes", 0)?);
        }
        let match_labels = words.get("pool").map(|pool| ("pool", pool)).into_iter().collect();
        let selector = LabelSelector { match_labels, match_expressions: Vec::new() };
        self.world.snapshot.capacity_quotas.push(CapacityQuota { name: name.into(), selector, resources });
        Ok(())
    }

    fn lose_objects(&mut self, resource: &str) {
        let fact = MissingFact::Objects { resource: resource.to_owned() };
        self.world.snapshot.gaps.push(Gap { fact, error: format!("lacks the permission list {resource}") });
    }

    /// Removes the region's groups from the snapshot, as an unreadable region does.
    fn lose_region(&mut self, rest: &str) -> Outcome<()> {
        let (name, message) = rest.split_once(' ').ok_or("unreadable REGION WORDS")?;
        self.world.add_region(name);
        self.world.snapshot.groups.retain(|group| group.id.region != name);
        for region in self.world.snapshot.regions.iter_mut().filter(|region| region.name == name) {
            region.unreadable = Some(message.to_owned());
        }
        Ok(())
    }
}

fn nodes(plan: &Plan) -> String {
    let line = |node: &NodeReport| format!("{}  {}: {}\n", node.node, node.state.code(), node.message);
    plan.nodes.iter().map(line).chain(["\n".to_owned()]).collect()
}

fn topology_spread(rule: &str, words: &Words<'_>) -> Outcome<Value> {
    let parts: Vec<&str> = rule.split(':').collect();
    let (over, skew) = parts.first().zip(parts.get(1)).ok_or_else(|| format!("spread={rule} needs a skew"))?;
    let key = match *over {
        "node" => "kubernetes.io/hostname",
        "zone" => "topology.kubernetes.io/zone",
        label => label,
    };
    let number = |text: &&str| text.parse::<i32>().map_err(|_| format!("spread={rule}: {text} is not a number"));
    let labels: BTreeMap<&str, &str> = words.all("label").filter_map(|label| label.split_once('=')).collect();
    Ok(json!({
        "topology_key": key, "max_skew": number(skew)?, "min_domains": parts.get(2).map(number).transpose()?,
        "selector": {"match_labels": labels}, "honor_node_affinity": true, "honor_node_taints": false
    }))
}

fn pairs<'a>(words: impl Iterator<Item = &'a str>) -> Labels {
    words.filter_map(|word| word.split_once('=')).collect()
}

/// Reads `spot`, `max-price=0.03`, `on-demand=BASE:PERCENTAGE`.
fn purchase(words: &Words<'_>) -> Outcome<Purchase> {
    let max_price = words.get("max-price").map(usd).transpose()?;
    let Some(share) = words.get("on-demand") else {
        return Ok(if words.has("spot") { Purchase::Spot { max_price } } else { Purchase::OnDemand });
    };
    let (base, percentage) = share.split_once(':').ok_or("on-demand=BASE:PERCENTAGE")?;
    let number = |text: &str| text.parse().map_err(|_| format!("{text} is not a number"));
    Ok(Purchase::Mixed { on_demand_base: number(base)?, on_demand_percentage: number(percentage)?, max_price })
}

/// Reads `apart=NAME` or `together=NAME`, with `others=ZONE:NUMBER`.
fn placement(words: &Words<'_>, region: &str) -> Outcome<Option<PlacementGroup>> {
    let apart = words.get("apart").map(|name| (name, PlacementRule::Apart { most_per_zone: Some(7) }));
    let Some((name, rule)) = apart.or_else(|| Some((words.get("together")?, PlacementRule::Together))) else { return Ok(None) };
    let other = |text: &str| {
        let (zone, count) = text.split_once(':').ok_or("others=ZONE:NUMBER")?;
        Ok((format!("{region}{zone}"), count.parse().map_err(|_| format!("{count} is not a number"))?))
    };
    let others = words.all("others").map(other).collect::<Outcome<BTreeMap<String, u32>>>()?;
    Ok(Some(PlacementGroup { name: name.to_owned(), rule, partition: None, others }))
}

fn usd(text: &str) -> Outcome<UsdPerHour> {
    text.parse().map_err(|error: MoneyError| error.to_string())
}

/// Reads `0.04:m5.xlarge:us-west-2a`.
fn lowest_price(text: &str) -> Outcome<SpotPrice> {
    let [price, machine_type, zone] = text.split(':').collect::<Vec<_>>()[..] else {
        return Err("spot-price=PRICE:TYPE:ZONE".to_owned());
    };
    Ok(SpotPrice { price: usd(price)?, machine_type: machine_type.into(), zone: zone.into() })
}

fn lifecycle(word: &str) -> Outcome<Lifecycle> {
    serde_json::from_value(json!(word)).map_err(|error| error.to_string())
}

fn no_schedule(key: &str) -> Taint {
    Taint { key: key.into(), value: String::new(), effect: TaintEffect::NoSchedule }
}

fn from_json<T: serde::de::DeserializeOwned>(value: Value) -> Outcome<T> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

fn device_claim(name: &str, claim: &str) -> PodResourceClaim {
    PodResourceClaim { name: name.into(), claim: Some(claim.into()), template: None }
}

/// Returns a claim that only the scheduler can satisfy.
fn unallocated(namespace: &str, name: &str) -> ResourceClaim {
    ResourceClaim {
        namespace: namespace.into(),
        name: name.into(),
        deleting: false,
        needs: None,
        allocation: None,
        reserved_for: Vec::new(),
    }
}
