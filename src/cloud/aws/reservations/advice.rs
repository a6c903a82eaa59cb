//! What a person should change about how a group uses reservations.

use super::described::SeenReservation;
use super::matching::{Mismatch, ReservationUse};
use super::resource_groups::GroupMembers;
use super::setting::ReservationTarget;
use crate::snapshot::{Advice, AdviceCode, Group, ReservationStage};

/// Returns what a person should change. `takes_reserved_zones_first` is whether the group launches
/// into its reservations before it evens out its zones.
pub(crate) fn advice(
    group: &Group,
    uses: &[ReservationUse],
    seen: &[SeenReservation],
    members: &GroupMembers,
    takes_reserved_zones_first: bool,
) -> Vec<Advice> {
    let mut words: Vec<String> = Vec::new();
    for problem in uses.iter().filter_map(|it| unusable(group, it, seen, members)) {
        if !words.contains(&problem) {
            words.push(problem);
        }
    }
    words.extend(unknown(uses, group, seen, members));
    let unusable = words.into_iter().map(|words| (AdviceCode::ReservationUnusable, words));
    let passed_over = (!takes_reserved_zones_first).then(|| passed_over(group, seen)).flatten();
    let passed_over = passed_over.map(|words| (AdviceCode::ReservationsPassedOver, words));
    unusable.chain(passed_over).map(|(code, words)| Advice::new(code, format!("{}: {words}", group.id))).collect()
}

/// Returns why what is named can never be used.
fn unusable(group: &Group, of_source: &ReservationUse, seen: &[SeenReservation], members: &GroupMembers) -> Option<String> {
    match of_source.rule.as_ref()?.target.as_ref()? {
        ReservationTarget::Id(id) => named(group, of_source, id, seen),
        ReservationTarget::ResourceGroup(arn) => {
            let is_usable =
                |it: &SeenReservation| of_source.leads_to(it, members) && of_source.mismatch(it, &group.zones).is_none();
            let words = "holds no reservation that its machines can use; put one of their type, platform and zone into it";
            (!seen.iter().any(is_usable)).then(|| format!("the resource group {arn} {words}"))
        }
    }
}

fn named(group: &Group, of_source: &ReservationUse, id: &str, seen: &[SeenReservation]) -> Option<String> {
    let Some(found) = seen.iter().find(|it| it.reservation.id == id) else {
        let words = "which does not exist here or is not shared with this account any more; name another one in its set-up";
        return Some(format!("launches into the reservation {id}, {words}"));
    };
    let reserved = &found.reservation;
    if let Some(mismatch) = of_source.mismatch(found, &group.zones) {
        let differs = difference(mismatch, found, group);
        return Some(format!("can never use its reservation {id}: {differs}; name another one, or change what it launches"));
    }
    let is_over = reserved.stage == ReservationStage::Over && found.unknown.is_none();
    is_over.then(|| format!("its reservation {id} is {}; name another one in its set-up", reserved.state))
}

/// Returns in what a reservation differs from what a group launches.
fn difference(mismatch: Mismatch, found: &SeenReservation, group: &Group) -> String {
    let reserved = &found.reservation;
    match mismatch {
        Mismatch::Kind => "it is of another kind than the market of the launch template".to_owned(),
        Mismatch::MachineType => {
            let types: Vec<&str> = group.launch_options.iter().map(|option| option.machine_type.as_str()).collect();
            format!("it is for {}, and the group launches {}", reserved.machine_type, types.join(", "))
        }
        Mismatch::Zone => format!("it is in {}, and the group launches in {}", reserved.zone, group.zones.join(", ")),
        Mismatch::Platform => format!("it is for the platform {}, which is not the image's", found.platform),
        Mismatch::Hardware => "it is for another tenancy".to_owned(),
        Mismatch::PlacementGroup => {
            format!("it belongs to the placement group {}", found.placement_group.as_deref().unwrap_or_default())
        }
        Mismatch::Outpost => "it is on an Outpost".to_owned(),
    }
}

/// Returns what this version does not understand of reservations that the group might use.
fn unknown(uses: &[ReservationUse], group: &Group, seen: &[SeenReservation], members: &GroupMembers) -> Vec<String> {
    let might_use = |it: &SeenReservation| {
        let concerns = |of_source: &ReservationUse| {
            let differs = of_source.mismatch(it, &group.zones);
            matches!(differs, None | Some(Mismatch::Kind)) && (it.is_open || of_source.leads_to(it, members))
        };
        uses.iter().any(|of_source| of_source.rule.is_some() && concerns(of_source))
    };
    let strange = seen.iter().filter(|it| might_use(it)).filter_map(|it| Some((it, it.unknown.as_ref()?)));
    let words = "which this version does not know, so it is not counted on";
    strange.map(|(it, what)| format!("the reservation {} has {what}, {words}", it.reservation.id)).collect()
}

/// Returns where a group that evens out its zones pays on demand while reservations are unused.
fn passed_over(group: &Group, seen: &[SeenReservation]) -> Option<String> {
    if group.zones.len() < 2 || group.reserved.only {
        return None;
    }
    let own = seen.iter().map(|it| &it.reservation).filter(|it| group.reserved.reservations.contains(&it.id));
    let unused: Vec<_> = own.filter(|it| it.stage == ReservationStage::Active && it.free > 0).collect();
    let idle = *unused.first()?;
    let spent = group.zones.iter().find(|zone| !unused.iter().any(|it| it.zone == **zone))?;
    let (id, zone, free) = (&idle.id, &idle.zone, idle.free);
    Some(format!(
        "evens out its zones, so it pays on demand in {spent} while {free} of the reservation {id} in {zone} are unused; set its \
         capacity distribution strategy to reservations-then-balanced"
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::matching::tests::{launching, seen};
    use super::*;
    use crate::snapshot::ReservedUse;

    fn group() -> Group {
        serde_json::from_value(json!({
            "id": {"region": "us-west-2", "name": "gpu"}, "managed_by": "cluster-tag", "min": 0, "max": 9, "desired": 0,
            "zones": ["a", "b"], "purchase": {"kind": "on-demand"},
            "launch_options": [{"machine_type": "m5.large", "weight": 1}]
        }))
        .expect("a group")
    }

    fn messages(group: &Group, uses: &[ReservationUse], seen: &[SeenReservation]) -> Vec<String> {
        let members = [("arn:rg".to_owned(), ["cr-1".to_owned()].into())].into();
        advice(group, uses, seen, &members, false).into_iter().map(|advice| advice.message).collect()
    }

    fn by_id(id: &str) -> ReservationUse {
        launching(&["m5.large"], Some(ReservationTarget::Id(id.into())), true)
    }

    #[test]
    fn a_named_reservation_that_can_never_be_used_is_a_mistake() {
        let mut expired = seen("cr-1", "m5.large", "a");
        (expired.reservation.stage, expired.reservation.state) = (ReservationStage::Over, "expired".into());
        for (seen, words) in [
            (seen("cr-1", "m5.large", "a"), None),
            (seen("cr-1", "p5.48xlarge", "a"), Some("it is for p5.48xlarge, and the group launches m5.large")),
            (seen("cr-1", "m5.large", "c"), Some("it is in c, and the group launches in a, b")),
            (seen("cr-2", "m5.large", "a"), Some("launches into the reservation cr-1, which does not exist here")),
            (expired, Some("its reservation cr-1 is expired")),
        ] {
            let messages = messages(&group(), &[by_id("cr-1"), by_id("cr-1")], &[seen]);
            match words {
                None => assert_eq!(messages, [""; 0]),
                Some(words) => assert!(messages.len() == 1 && messages[0].contains(words), "{messages:?}"),
            }
        }
    }

    #[test]
    fn a_resource_group_has_to_hold_one_that_fits() {
        let in_group = |arn: &str| launching(&["m5.large"], Some(ReservationTarget::ResourceGroup(arn.into())), false);
        let all = [seen("cr-1", "m5.large", "a"), seen("cr-2", "m5.large", "a")];
        assert_eq!(messages(&group(), &[in_group("arn:rg")], &all), [""; 0]);
        let empty = messages(&group(), &[in_group("arn:empty")], &all);
        assert!(empty[0].starts_with("gpu (us-west-2): the resource group arn:empty holds no reservation"), "{empty:?}");
    }

    #[test]
    fn what_is_not_known_is_said_where_it_might_matter() {
        let strange =
            |machine_type| SeenReservation { unknown: Some("the state \"melting\"".into()), ..seen("cr-1", machine_type, "a") };
        let open = [launching(&["m5.large"], None, false)];
        let words = "gpu (us-west-2): the reservation cr-1 has the state \"melting\", which this version does not know, so it is not \
                     counted on";
        assert_eq!(messages(&group(), &open, &[strange("m5.large")]), [words]);
        assert_eq!(messages(&group(), &open, &[strange("c5.large")]), [""; 0]);
    }

    #[test]
    fn zones_are_not_to_be_evened_out_past_unused_reservations() {
        let uses = [launching(&["m5.large"], None, false)];
        let with = |only| Group { reserved: ReservedUse { reservations: vec!["cr-1".into(), "cr-2".into()], only }, ..group() };
        let one = [seen("cr-1", "m5.large", "b")];
        let words = "gpu (us-west-2): evens out its zones, so it pays on demand in a while 2 of the reservation cr-1 in b are unused; \
                     set its capacity distribution strategy to reservations-then-balanced";
        assert_eq!(messages(&with(false), &uses, &one), [words]);
        let codes = advice(&with(false), &uses, &one, &GroupMembers::new(), true);
        assert!(codes.is_empty() && messages(&with(true), &uses, &one).is_empty());
        let both = [seen("cr-1", "m5.large", "b"), seen("cr-2", "m5.large", "a")];
        assert_eq!(messages(&with(false), &uses, &both), [""; 0]);
    }
}
