//! The search against a plain enumeration of every assignment, which shares nothing with it but the
//! facts.

use serde_json::{Value, json};

use super::*;
use crate::scheduler::UnallocatedClaim;
use crate::snapshot::{ClusterIdentity, Labels, PodSpec, Snapshot};

/// Numbers by chance, the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}

#[derive(Debug, Clone)]
struct PlainDevice {
    name: String,
    model: &'static str,
    size: i64,
    tainted: bool,
    /// What it uses of the one counter of its pool.
    slots: i64,
    /// Its capacity, if several may share it.
    shared: Option<i64>,
    /// Taken as a whole, or so much of what is shared.
    taken: bool,
    used: i64,
}

#[derive(Debug, Clone)]
struct PlainWay {
    model: Option<&'static str>,
    least_size: i64,
    /// `None` for all.
    count: Option<usize>,
    tolerates: bool,
    admin: bool,
    capacity: Option<i64>,
}

#[derive(Debug, Clone)]
struct PlainClaim {
    /// Requests, each with its alternatives.
    requests: Vec<Vec<PlainWay>>,
    same_model: bool,
    distinct_size: bool,
}

#[derive(Debug)]
struct AllocationCase {
    slots: Option<i64>,
    devices: Vec<PlainDevice>,
    claims: Vec<PlainClaim>,
}

const MODELS: [&str; 3] = ["a", "b", "c"];

fn case(chance: &mut Chance) -> AllocationCase {
    // Counters that a refused device used stay used in kube-scheduler, so that what a device needs
    // beside them is left to other cases.
    let with_counters = chance.once_in(3);
    let with_all = chance.once_in(3);
    let device = |number: usize, chance: &mut Chance| {
        let shared = (!with_counters && chance.once_in(4)).then(|| 4 + i64::try_from(chance.below(7)).expect("small"));
        PlainDevice {
            name: format!("d{number}"),
            model: MODELS[usize::try_from(chance.below(3)).expect("small")],
            size: i64::try_from(chance.below(3)).expect("small"),
            tainted: !with_counters && chance.once_in(9),
            slots: if with_counters { i64::try_from(chance.below(3)).expect("small") } else { 0 },
            shared,
            taken: shared.is_none() && chance.once_in(8),
            used: shared.map_or(0, |capacity| i64::try_from(chance.below(3)).expect("small").min(capacity)),
        }
    };
    let count = 3 + usize::try_from(chance.below(5)).expect("small");
    let devices = (0..count).map(|number| device(number, chance)).collect();
    let way = |chance: &mut Chance| PlainWay {
        model: chance.once_in(4).then(|| MODELS[usize::try_from(chance.below(3)).expect("small")]),
        least_size: i64::from(chance.once_in(3)),
        count: (!with_all || !chance.once_in(4)).then(|| 1 + usize::from(chance.once_in(4))),
        tolerates: chance.once_in(3),
        admin: false,
        capacity: chance.once_in(9).then(|| 1 + i64::try_from(chance.below(4)).expect("small")),
    };
    let claim = |chance: &mut Chance| {
        let request = |chance: &mut Chance| match chance.once_in(4) {
            true => vec![way(chance), way(chance)],
            false => vec![PlainWay { admin: chance.once_in(8), ..way(chance) }],
        };
        let number = 1 + chance.below(2);
        let mut claim = PlainClaim {
            requests: (0..number).map(|_| request(chance)).collect(),
            same_model: !with_counters && !with_all && chance.once_in(3),
            distinct_size: false,
        };
        let are_single = claim.requests.iter().flatten().all(|way| way.count == Some(1));
        claim.distinct_size = are_single && !with_counters && chance.once_in(3);
        claim
    };
    let number = 1 + chance.below(2);
    let claims = (0..number).map(|_| claim(chance)).collect();
    AllocationCase { slots: with_counters.then(|| 2 + i64::try_from(chance.below(6)).expect("small")), devices, claims }
}

impl AllocationCase {
    fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::empty(ClusterIdentity::default(), jiff::Timestamp::UNIX_EPOCH);
        snapshot.device_classes = vec![
            serde_json::from_value(json!({ "name": "class",
            "selectors": [r#"device.driver == "d.example.com""#] }))
            .expect("a class"),
        ];
        let device = |device: &PlainDevice| {
            let consumes = match self.slots {
                Some(_) => json!([{ "set": "set", "counters": { "slots": device.slots.to_string() } }]),
                None => json!([]),
            };
            let capacity = device.shared.map_or(json!({}), |value| json!({ "share": { "value": value.to_string() } }));
            json!({ "name": device.name, "capacity": capacity, "consumes": consumes, "is_shared": device.shared.is_some(),
                "attributes": { "model": { "string": device.model }, "size": { "int": device.size } },
                "taints": if device.tainted { json!([{ "key": "sick", "effect": "NoSchedule" }]) } else { json!([]) } })
        };
        let devices: Vec<Value> = self.devices.iter().map(device).collect();
        let half = devices.len() / 2;
        let slices = if self.slots.is_some() { 3 } else { 2 };
        let slice = |name: &str, devices: &[Value], counters: Value| {
            serde_json::from_value(json!({ "name": name, "driver": "d.example.com", "pool": "n", "generation": 1,
                "slices": slices, "reach": { "node": "n" }, "devices": devices, "shared_counters": counters }))
            .expect("a slice")
        };
        let mut all = vec![slice("s2", &devices[half..], json!({})), slice("s1", &devices[..half], json!({}))];
        all.extend(self.slots.map(|slots| slice("s0", &[], json!({ "set": { "slots": slots.to_string() } }))));
        snapshot.resource_slices = Some(all);
        let allocated = self.devices.iter().filter(|device| device.taken || device.used > 0).map(|device| {
            let consumed = if device.used > 0 { json!({ "share": device.used.to_string() }) } else { json!({}) };
            json!({ "driver": "d.example.com", "pool": "n", "device": device.name, "is_share": device.used > 0, "consumed": consumed })
        });
        let mut claims = vec![json!({ "namespace": "x", "name": "other",
            "allocation": { "devices": allocated.collect::<Vec<_>>() } })];
        claims.extend(self.claims.iter().enumerate().map(|(number, claim)| claim.object(number)));
        snapshot.resource_claims = claims.into_iter().map(|claim| serde_json::from_value(claim).expect("a claim")).collect();
        snapshot
    }

    /// Returns the first assignment in the scheduler's order: for each claim and request the
    /// alternative and the places of the devices.
    fn first_assignment(&self) -> Option<Vec<(usize, usize)>> {
        let requests: Vec<(usize, usize)> = self
            .claims
            .iter()
            .enumerate()
            .flat_map(|(claim, wanted)| (0..wanted.requests.len()).map(move |request| (claim, request)))
            .collect();
        self.extended(&requests, &mut Vec::new())
    }

    fn extended(
        &self,
        requests: &[(usize, usize)],
        chosen: &mut Vec<(usize, usize, usize, Vec<usize>)>,
    ) -> Option<Vec<(usize, usize)>> {
        let Some(((claim, request), rest)) = requests.split_first() else {
            let devices = |(claim, _, _, devices): &(usize, usize, usize, Vec<usize>)| {
                let claim = *claim;
                devices.iter().map(move |device| (claim, *device)).collect::<Vec<_>>()
            };
            return self.is_valid(chosen).then(|| chosen.iter().flat_map(devices).collect());
        };
        for (alternative, way) in self.claims[*claim].requests[*request].iter().enumerate() {
            for devices in self.sets(way) {
                chosen.push((*claim, *request, alternative, devices));
                let found = self.extended(rest, chosen);
                chosen.pop();
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// Returns the sets of devices that a request may want, the first ones first.
    fn sets(&self, way: &PlainWay) -> Vec<Vec<usize>> {
        let is_it = |place: &usize| {
            let device = &self.devices[*place];
            way.model.is_none_or(|model| model == device.model) && device.size >= way.least_size
        };
        let matching: Vec<usize> = (0..self.devices.len()).filter(is_it).collect();
        let Some(count) = way.count else {
            // All that have enough to begin with.
            let all: Vec<usize> =
                matching.into_iter().filter(|place| Self::has_capacity(way, &self.devices[*place], 0)).collect();
            return if all.is_empty() { Vec::new() } else { vec![all] };
        };
        let mut sets = vec![Vec::new()];
        for _ in 0..count {
            let longer = |set: &Vec<usize>| {
                let (set, last) = (set.clone(), set.last().copied());
                let further = matching.clone().into_iter().filter(move |place| last.is_none_or(|last| *place > last));
                further.map(move |place| [set.clone(), vec![place]].concat()).collect::<Vec<_>>()
            };
            sets = sets.iter().flat_map(longer).collect();
        }
        sets
    }

    fn has_capacity(way: &PlainWay, device: &PlainDevice, taken: i64) -> bool {
        match (way.capacity, device.shared) {
            (None, None) => true,
            (Some(_), None) => false,
            (asked, Some(whole)) => device.used + taken + asked.unwrap_or(whole) <= whole,
        }
    }

    fn is_valid(&self, chosen: &[(usize, usize, usize, Vec<usize>)]) -> bool {
        let mut slots = self.devices.iter().filter(|device| device.taken).map(|device| device.slots).sum::<i64>();
        let mut users: Vec<Vec<usize>> = vec![Vec::new(); self.devices.len()];
        let mut shares = vec![0; self.devices.len()];
        for (claim, request, alternative, devices) in chosen {
            let way = &self.claims[*claim].requests[*request][*alternative];
            for place in devices {
                let device = &self.devices[*place];
                if device.tainted && !way.tolerates {
                    return false;
                }
                if !Self::has_capacity(way, device, shares[*place]) {
                    return false;
                }
                if device.shared.is_some() {
                    shares[*place] += way.capacity.unwrap_or(device.shared.unwrap_or_default());
                    continue;
                }
                let is_free = !device.taken && users[*place].is_empty();
                if (!way.admin && !is_free) || (way.admin && users[*place].contains(claim)) {
                    return false;
                }
                users[*place].push(*claim);
                slots += device.slots;
            }
        }
        if self.slots.is_some_and(|whole| slots > whole && chosen.iter().any(|(.., devices)| !devices.is_empty())) {
            return false;
        }
        self.claims.iter().enumerate().all(|(number, claim)| {
            let of_claim = chosen.iter().filter(|(of, ..)| *of == number).flat_map(|(.., devices)| devices);
            let devices: Vec<&PlainDevice> = of_claim.map(|place| &self.devices[*place]).collect();
            let are_same = devices.iter().all(|device| device.model == devices[0].model);
            let are_distinct =
                (1..devices.len()).all(|place| devices[..place].iter().all(|one| one.size != devices[place].size));
            (!claim.same_model || are_same) && (!claim.distinct_size || are_distinct)
        })
    }
}

impl PlainClaim {
    fn object(&self, number: usize) -> Value {
        let way = |(number, way): (usize, &PlainWay), is_one: bool| {
            let own = r#"device.attributes["d.example.com"]"#;
            let mut selectors = vec![format!("{own}.size >= {}", way.least_size)];
            selectors.extend(way.model.map(|model| format!(r#"{own}.model == "{model}""#)));
            let count = way.count.map_or(json!("all"), |count| json!({ "exactly": count }));
            let mut asked = json!({ "class": "class", "selectors": selectors, "count": count, "admin_access": way.admin });
            if !is_one {
                asked["name"] = json!(format!("way{number}"));
            }
            if way.tolerates {
                asked["tolerations"] = json!([{ "key": "sick" }]);
            }
            if let Some(amount) = way.capacity {
                asked["capacity"] = json!({ "share": amount.to_string() });
            }
            asked
        };
        let request = |(number, ways): (usize, &Vec<PlainWay>)| {
            let ways: Vec<Value> = ways.iter().enumerate().map(|one| way(one, ways.len() == 1)).collect();
            json!({ "name": format!("r{number}"), "alternatives": ways })
        };
        let mut constraints = Vec::new();
        if self.same_model {
            constraints.push(json!({ "rule": "match", "attribute": "d.example.com/model" }));
        }
        if self.distinct_size {
            constraints.push(json!({ "rule": "distinct", "attribute": "d.example.com/size" }));
        }
        json!({ "namespace": "x", "name": format!("own{number}"), "needs": {
            "requests": self.requests.iter().enumerate().map(request).collect::<Vec<_>>(), "constraints": constraints } })
    }
}

/// Returns the devices that the search finds on a node for a pod with all claims that request any,
/// in its order, each with the place of the claim and the pool.
pub(super) fn found_devices(snapshot: &Snapshot, name: &str) -> Result<Vec<(usize, String, String)>, DeviceProblem> {
    let spec: PodSpec = serde_json::from_value(json!({ "scheduler_name": "s", "restart_policy": "never", "containers": [] }))
        .expect("a specification");
    let labels = Labels::default();
    let mut demand = Demand::new(&spec, "x", &labels, Vec::new());
    let own = snapshot.resource_claims.iter().filter_map(|claim| Some((claim, claim.needs.as_ref()?)));
    demand.claims = own.map(|(claim, needs)| UnallocatedClaim { name: &claim.name, shared_in: None, needs }).collect();
    let mut demands = IndexVec::new();
    let number = demands.push(demand);
    let mut devices = DeviceUse::new(DeviceFacts::of(snapshot), &demands);
    let node = NodeView { name, labels: &labels, taints: &[], unschedulable: false };
    let id = NodeId::from_index(0);
    devices.join(id, &node);
    let before = format!("{:?}", devices.devices);
    let picks = devices.search(number, (id, &node)).map_err(|(_, problem)| problem)?;
    devices.place(number, (id, &node));
    devices.take_back();
    assert_eq!(format!("{:?}", devices.devices), before, "what was placed leaves no trace");
    let named = |pick: &Pick<'_>| {
        let pool = devices.devices.pool(pick.pool);
        (pick.claim, pool.name.to_owned(), pool.devices[pick.device].device.name.clone())
    };
    Ok(picks.iter().map(named).collect())
}

fn found(snapshot: &Snapshot) -> Result<Vec<(usize, String)>, DeviceProblem> {
    let picks = found_devices(snapshot, "n")?;
    Ok(picks.into_iter().map(|(claim, _, device)| (claim, device)).collect())
}

#[test]
fn the_search_finds_the_first_assignment_of_all() {
    let mut chance = Chance(2026);
    let (mut solved, mut unsolved) = (0, 0);
    for number in 0..1000 {
        let case = case(&mut chance);
        let expected = case.first_assignment().map(|chosen| {
            chosen.into_iter().map(|(claim, place)| (claim, case.devices[place].name.clone())).collect::<Vec<_>>()
        });
        match found(&case.snapshot()) {
            Ok(picks) => {
                solved += 1;
                assert_eq!(Some(picks), expected, "case {number}: {case:#?}");
            }
            Err(DeviceProblem::NotEnough) => {
                unsolved += 1;
                assert_eq!(None, expected, "case {number}: {case:#?}");
            }
            Err(problem) => panic!("case {number}: {problem}: {case:#?}"),
        }
    }
    assert!(solved > 200 && unsolved > 200, "{solved} {unsolved}");
}

#[test]
fn a_search_is_given_up_after_many_steps() {
    let device = |number: usize| PlainDevice {
        name: format!("d{number}"),
        model: "a",
        size: 0,
        tainted: false,
        slots: 0,
        shared: None,
        taken: false,
        used: 0,
    };
    let way = |model: &'static str, count: usize| PlainWay {
        model: Some(model),
        least_size: 0,
        count: Some(count),
        tolerates: false,
        admin: false,
        capacity: None,
    };
    let claim = PlainClaim { requests: vec![vec![way("a", 15)], vec![way("b", 1)]], same_model: false, distinct_size: false };
    let case = AllocationCase { slots: None, devices: (0..30).map(device).collect(), claims: vec![claim] };
    assert_eq!(found(&case.snapshot()), Err(DeviceProblem::TooComplex));
}
