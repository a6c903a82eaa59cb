//! The verbs of the emulator's admin API that the stand-in has.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::world::{Account, Group, Instance, Source, World, stamp};

/// What every verb but `account` says.
#[derive(Deserialize)]
struct Wish {
    account: String,
    #[serde(default)]
    region: String,
    #[serde(default)]
    group: String,
    #[serde(flatten)]
    more: Value,
}

#[derive(Deserialize)]
struct NewGroup {
    name: String,
    min: u32,
    max: u32,
    desired: Option<u32>,
    zones: Vec<String>,
    tags: Vec<(String, String)>,
    protected: bool,
    suspended: Vec<String>,
    launch: Launch,
}

#[derive(Deserialize)]
struct Launch {
    kind: String,
    instance_type: Option<String>,
    version: Option<String>,
    spot: bool,
    spot_price: Option<String>,
    root_volume_gib: Option<u32>,
}

impl Launch {
    fn is_special(&self) -> bool {
        let is_priced = self.spot || self.spot_price.is_some();
        self.kind == "mixed" || self.version.is_some() || is_priced || self.root_volume_gib.is_some()
    }
}

#[derive(Deserialize)]
struct NewActivity {
    status: String,
    message: Option<String>,
    description: String,
    cause: Vec<String>,
    zone: Option<String>,
    seconds_ago: i64,
}

/// Does what a test asks for; the error is for whoever wrote the test.
pub(super) fn carry_out(world: &mut World, verb: &str, body: &[u8]) -> Result<Value, String> {
    if verb == "account" {
        return Ok(create_account(world));
    }
    let wish: Wish = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    // The key is made from the account's number.
    let key = key_of(&wish.account);
    match verb {
        "group" => create_group(world, &key, &wish).map(|()| json!({})),
        "group/state" => Ok(group_state(group(world, &key, &wish)?)),
        "template/version" => add_template_version(group(world, &key, &wish)?, &wish.more),
        "activity" => add_activity(world, &key, &wish).map(|()| json!({})),
        "clock" => {
            let ahead = wish.more["ahead"].as_i64().ok_or("no number of seconds")?;
            account(world, &key)?.clocks.insert(wish.region, ahead);
            Ok(json!({}))
        }
        "launches/fail" => fail_launches(account(world, &key)?, body).map(|()| json!({})),
        "launches/mend" => {
            account(world, &key)?.shortages.clear();
            Ok(json!({}))
        }
        "launches/retry" => retry_launches(world, &key).map(|()| json!({})),
        "calls" => Ok(json!(account(world, &key)?.calls)),
        "calls/forget" => {
            account(world, &key)?.calls.clear();
            Ok(json!({}))
        }
        _ => Err("the stand-in has no such verb; use the emulator".to_owned()),
    }
}

fn create_account(world: &mut World) -> Value {
    let id = format!("2{:011}", world.number());
    let key = key_of(&id);
    let (groups, launches, clocks) = ([].into(), [].into(), [].into());
    let (calls, shortages) = (Vec::new(), Vec::new());
    world.accounts.insert(key.clone(), Account { id: id.clone(), groups, launches, calls, shortages, clocks });
    json!({"account": id, "access_key_id": key, "secret_access_key": "secret", "session_token": "token"})
}

fn key_of(account: &str) -> String {
    format!("ASIA{account}")
}

fn account<'a>(world: &'a mut World, key: &str) -> Result<&'a mut Account, String> {
    world.accounts.get_mut(key).ok_or_else(|| format!("no account has the key {key}"))
}

fn group<'a>(world: &'a mut World, key: &str, wish: &Wish) -> Result<&'a mut Group, String> {
    account(world, key)?.group(&wish.region, &wish.group).map_err(|refusal| refusal.message)
}

fn create_group(world: &mut World, key: &str, wish: &Wish) -> Result<(), String> {
    let new: NewGroup = serde_json::from_value(wish.more.clone()).map_err(|error| error.to_string())?;
    if new.launch.is_special() || !new.suspended.is_empty() {
        return Err("the stand-in has only on-demand groups of one type; use the emulator".to_owned());
    }
    let machine_type = new.launch.instance_type.ok_or("no instance type")?;
    let number = world.number();
    let region = wish.region.clone();
    let account = account(world, key)?;
    let group = Group {
        arn: format!("arn:aws:autoscaling:{region}:{}:autoScalingGroup:{number}:autoScalingGroupName/{}", account.id, new.name),
        name: new.name.clone(),
        created: Timestamp::now(),
        min: new.min,
        max: new.max,
        desired: new.desired.unwrap_or(new.min),
        zones: if new.zones.is_empty() { vec![format!("{region}a")] } else { new.zones },
        tags: new.tags,
        protected: new.protected,
        source: match new.launch.kind.as_str() {
            "configuration" => Source::Configuration { name: format!("{}-configuration", new.name), machine_type },
            _ => Source::Template { id: format!("lt-{number:017x}"), versions: vec![machine_type], default_version: 1 },
        },
        instances: Vec::new(),
        activities: Vec::new(),
    };
    let desired = group.desired;
    account.groups.insert((region.clone(), new.name.clone()), group);
    let reason = format!("a user request created an AutoScalingGroup changing the desired capacity from 0 to {desired}");
    world.settle(key, &region, &new.name, Some(&reason));
    Ok(())
}

fn group_state(group: &Group) -> Value {
    let instances: Vec<Value> = group.instances.iter().map(instance_state).collect();
    json!({"min": group.min, "max": group.max, "desired": group.desired, "instances": instances})
}

fn instance_state(instance: &Instance) -> Value {
    json!({
        "id": instance.id, "lifecycle_state": "InService", "instance_type": instance.machine_type, "zone": instance.zone,
        "private_ip": instance.private_ip, "private_dns": instance.private_dns, "spot": false, "weight": 1,
    })
}

fn add_template_version(group: &mut Group, wish: &Value) -> Result<Value, String> {
    let Source::Template { versions, default_version, .. } = &mut group.source else {
        return Err(format!("{} has no launch template", group.name));
    };
    versions.push(wish["launch"]["instance_type"].as_str().unwrap_or_default().to_owned());
    if wish["default"] == true {
        *default_version = versions.len();
    }
    Ok(json!({"version": versions.len()}))
}

fn fail_launches(account: &mut Account, wish: &[u8]) -> Result<(), String> {
    let wish: Value = serde_json::from_slice(wish).map_err(|error| error.to_string())?;
    let known = ["account", "code", "group", "region"];
    let more = wish.as_object().into_iter().flat_map(|wish| wish.keys()).find(|key| !known.contains(&key.as_str()));
    if wish["code"] != "InsufficientInstanceCapacity" || more.is_some() {
        return Err("in the stand-in whole groups lack capacity, and nothing else fails; use the emulator".to_owned());
    }
    account.shortages.push(serde_json::from_value(wish).map_err(|error| error.to_string())?);
    Ok(())
}

fn retry_launches(world: &mut World, key: &str) -> Result<(), String> {
    let gaps = account(world, key)?.groups.iter().filter(|(_, group)| group.instances.len() < group.desired as usize);
    for (region, name) in gaps.map(|(id, _)| id.clone()).collect::<Vec<(String, String)>>() {
        world.settle(key, &region, &name, None);
    }
    Ok(())
}

fn add_activity(world: &mut World, key: &str, wish: &Wish) -> Result<(), String> {
    let new: NewActivity = serde_json::from_value(wish.more.clone()).map_err(|error| error.to_string())?;
    let start = Timestamp::now() - SignedDuration::from_secs(new.seconds_ago);
    let cause: Vec<String> = new.cause.iter().map(|text| format!("At {} {text}.", stamp(start))).collect();
    let number = world.number();
    let group = group(world, key, wish)?;
    group.note(number, new.description, cause.join("  "), new.zone.as_deref());
    let noted = group.activities.last_mut().expect("it was just noted");
    (noted.start, noted.status, noted.message) = (start, new.status, new.message);
    Ok(())
}
