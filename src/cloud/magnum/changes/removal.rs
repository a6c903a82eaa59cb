//! The end of servers, all of a group in one request.
//!
//! Of two requests that overlap the second makes the driver choose other nodes, and a count that is
//! lowered by more than names are given makes it choose as well. Neither is ever sent.

use std::collections::BTreeSet;

use super::outcome::{ResizedGroup, resize};
use crate::cloud::change::{ChangeAnswer, Removal, RemovalAnswer};
use crate::cloud::group_now::Share;
use crate::cloud::magnum::api::{NodeGroupAnswer, ResizeBody};
use crate::cloud::magnum::client::MagnumClient;
use crate::cloud::magnum::groups::now::{seen, state_now};
use crate::cloud::magnum::groups::obstacles::cannot;
use crate::snapshot::{Cannot, GroupId};

/// Sends one request to end servers of a group, and to lower its count by those whose share goes.
pub(crate) async fn remove(client: &MagnumClient, group: &GroupId, removals: Vec<impl Removal>) -> RemovalAnswer {
    let refused = |words: String| RemovalAnswer::Answered(ChangeAnswer::Refused(words));
    let (cluster, before, driver) = match (state_now(client, group).await, seen(client)) {
        (Ok(Some((cluster, before))), Ok(seen)) => (cluster, before, seen.driver),
        (Ok(None), _) => return refused("the group is gone".to_owned()),
        (Err(error), _) | (_, Err(error)) => return refused(error.to_string()),
    };
    let victims: Vec<(&str, Share)> = removals.iter().map(|removal| (removal.instance(), removal.share())).collect();
    let count = match count_without(&before, &cannot(&cluster, &before, driver), &victims) {
        Ok(count) => count,
        Err(answer) => return answer,
    };
    let nodes_to_remove = victims.iter().map(|(instance, _)| *instance).collect();
    let body = ResizeBody { node_count: count, nodes_to_remove, nodegroup: &before.uuid };
    // This comes last: the group was read meanwhile.
    if !removals.iter().all(Removal::is_fresh) {
        return RemovalAnswer::TooOld;
    }
    RemovalAnswer::Answered(resize(client, &ResizedGroup { cluster: &cluster.uuid, before: &before }, &body).await)
}

/// Returns the count of a group without these servers: one less for each whose share goes.
fn count_without(group: &NodeGroupAnswer, cannot: &Cannot, victims: &[(&str, Share)]) -> Result<i64, RemovalAnswer> {
    let refused = |words: String| RemovalAnswer::Answered(ChangeAnswer::Refused(words));
    let hindrances = victims.iter().filter_map(|(_, share)| match share {
        Share::Goes => cannot.remove.as_ref(),
        Share::Stays => cannot.replace.as_ref(),
    });
    if let Some(hindrance) = hindrances.into_iter().next() {
        return Err(refused(hindrance.to_string()));
    }
    let names: BTreeSet<&str> = victims.iter().map(|(instance, _)| *instance).collect();
    if names.is_empty() || names.len() != victims.len() || names.contains("") {
        return Err(refused("every node that goes must have a name of its own".to_owned()));
    }
    let going = victims.iter().filter(|(_, share)| *share == Share::Goes).count();
    let count = group.node_count - i64::try_from(going).unwrap_or(i64::MAX);
    let min = group.min_node_count.unwrap_or(0);
    match going > 0 && count < min {
        true => Err(RemovalAnswer::AtMin(format!("the group would have {count} nodes, and its minimum is {min}"))),
        false => Ok(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Hindrance;

    fn group() -> NodeGroupAnswer {
        NodeGroupAnswer { node_count: 5, min_node_count: Some(2), ..NodeGroupAnswer::default() }
    }

    fn count(cannot: &Cannot, victims: &[(&str, Share)]) -> Result<i64, RemovalAnswer> {
        count_without(&group(), cannot, victims)
    }

    #[test]
    fn the_count_falls_by_those_that_are_named() {
        let free = Cannot::default();
        assert_eq!(count(&free, &[("a", Share::Goes), ("b", Share::Goes)]), Ok(3));
        assert_eq!(count(&free, &[("a", Share::Goes), ("b", Share::Stays)]), Ok(4));
        assert_eq!(count(&free, &[("a", Share::Stays)]), Ok(5));
    }

    #[test]
    fn fewer_names_than_nodes_that_go_are_never_sent() {
        for victims in [&[][..], &[("a", Share::Goes), ("a", Share::Goes)], &[("", Share::Goes)]] {
            assert!(matches!(count(&Cannot::default(), victims), Err(RemovalAnswer::Answered(ChangeAnswer::Refused(_)))));
        }
    }

    #[test]
    fn nothing_goes_below_the_minimum_or_while_another_update_runs() {
        let four = ["a", "b", "c", "d"].map(|name| (name, Share::Goes));
        assert!(matches!(count(&Cannot::default(), &four), Err(RemovalAnswer::AtMin(_))));
        let busy = Some(Hindrance::Busy { state: "UPDATE_IN_PROGRESS".into() });
        let cannot = Cannot { launch: None, remove: busy, replace: None };
        assert!(count(&cannot, &[("a", Share::Goes)]).is_err());
        assert_eq!(count(&cannot, &[("a", Share::Stays)]), Ok(5));
    }
}
