//! What became of a resize.
//!
//! For a while after the 202 every answer shows the old count and the old state. The conductor may
//! refuse where nobody looks, and a driver that raises puts the count back, after it was there for
//! a moment. So the group is read until it shows something that lasts.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::cloud::change::ChangeAnswer;
use crate::cloud::magnum::api::{NodeGroupAnswer, ResizeAnswer, ResizeBody};
use crate::cloud::magnum::client::MagnumClient;
use crate::cloud::magnum::error::RequestError;
use crate::cloud::magnum::reading::whole::group_by_uuid;
use crate::cloud::magnum::sign_in::service::Service;

/// A conductor took 0.2 seconds in trials; one with much to do takes longer. After this time it is
/// unclear what it will do.
const SHOWN_WITHIN: Duration = Duration::from_secs(30);
/// A request whose answer was lost may lie in the queue. It is waited for this long, so that
/// whoever looks next sees what became of it.
const SHOWN_WITHIN_AFTER_LOSS: Duration = Duration::from_secs(2);
/// The first interval between two looks; each is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A group right before a resize, and its cluster.
pub(super) struct ResizedGroup<'a> {
    pub(super) cluster: &'a str,
    pub(super) before: &'a NodeGroupAnswer,
}

/// Sends a resize once, and waits until the group shows what became of it.
pub(super) async fn resize(client: &MagnumClient, group: &ResizedGroup<'_>, body: &ResizeBody<'_>) -> ChangeAnswer {
    let path = format!("/clusters/{}/actions/resize", group.cluster);
    match client.session().post::<ResizeAnswer>(Service::ContainerInfra, &path, body).await {
        Ok(_) | Err(RequestError::Malformed { .. }) => watch(client, group, body.node_count, SHOWN_WITHIN).await,
        Err(error) => {
            let answer = not_accepted(&error);
            if matches!(answer, ChangeAnswer::Unclear(_)) {
                // It may show the doing of another client, so that the answer stays unclear.
                watch(client, group, body.node_count, SHOWN_WITHIN_AFTER_LOSS).await;
            }
            answer
        }
    }
}

/// Returns what an error leaves of the request.
fn not_accepted(error: &RequestError) -> ChangeAnswer {
    let words = error.to_string();
    match error {
        RequestError::Throttled(_) => ChangeAnswer::Throttled(words),
        error if error.may_have_been_done() => ChangeAnswer::Unclear(words),
        _ => ChangeAnswer::Refused(words),
    }
}

async fn watch(client: &MagnumClient, group: &ResizedGroup<'_>, wanted: i64, within: Duration) -> ChangeAnswer {
    let until = Instant::now() + within;
    let mut is_begun = false;
    let (mut pause, mut last) = (FIRST_PAUSE, "nothing of it shows in the group".to_owned());
    while Instant::now() < until {
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        match group_by_uuid(client.session(), group.cluster, &group.before.uuid).await {
            Ok(Some(now)) => match shown(group.before, &now, wanted) {
                // The driver may be about to raise: the count has to be there a second time.
                Some(ChangeAnswer::Accepted) if now.is_in_progress() && !is_begun => is_begun = true,
                Some(answer) => return answer,
                None => last = format!("its count is {} and its state {}", now.node_count, now.state()),
            },
            Ok(None) => return ChangeAnswer::Refused("the group is gone".to_owned()),
            Err(error) => last = error.to_string(),
        }
    }
    if is_begun {
        return ChangeAnswer::Accepted;
    }
    let seconds = within.as_secs();
    ChangeAnswer::Unclear(format!("Magnum accepted the request, and {seconds} seconds later {last}"))
}

/// Returns what a look at the group shows of the request, if anything.
fn shown(before: &NodeGroupAnswer, now: &NodeGroupAnswer, wanted: i64) -> Option<ChangeAnswer> {
    let state = |group: &NodeGroupAnswer| (group.status.clone(), group.updated_at, group.status_reason.clone());
    let has_moved = state(before) != state(now);
    if has_moved && now.has_failed() {
        let words = now.status_reason.as_deref().unwrap_or("the cloud states no reason");
        // A driver that raised at once has put the count back. One that failed later keeps it, and
        // goes on with it at the next occasion.
        let is_put_back = now.node_count != wanted || now.node_count == before.node_count;
        return Some(match is_put_back {
            true => ChangeAnswer::Refused(format!("{}: {words}", now.state())),
            false => ChangeAnswer::Accepted,
        });
    }
    let is_there = now.node_count == wanted && (now.node_count != before.node_count || has_moved);
    is_there.then_some(ChangeAnswer::Accepted)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn group(count: i64, status: &str, updated_at: &str) -> NodeGroupAnswer {
        serde_json::from_value(json!({
            "uuid": "g-1", "name": "gpu", "node_count": count, "status": status, "status_reason": "Quota exceeded",
            "updated_at": format!("2026-11-22T10:00:{updated_at}Z")
        }))
        .expect("a group")
    }

    #[test]
    fn the_old_count_and_the_old_state_show_nothing() {
        let before = group(3, "UPDATE_COMPLETE", "00");
        assert_eq!(shown(&before, &before, 5), None);
        // The same count is requested where a node is replaced.
        assert_eq!(shown(&before, &before, 3), None);
        // Another client's request.
        assert_eq!(shown(&before, &group(7, "UPDATE_IN_PROGRESS", "01"), 5), None);
    }

    #[test]
    fn the_new_count_or_a_new_state_with_it_shows_the_acceptance() {
        let before = group(3, "UPDATE_COMPLETE", "00");
        assert_eq!(shown(&before, &group(5, "UPDATE_COMPLETE", "00"), 5), Some(ChangeAnswer::Accepted));
        assert_eq!(shown(&before, &group(5, "UPDATE_IN_PROGRESS", "01"), 5), Some(ChangeAnswer::Accepted));
        assert_eq!(shown(&before, &group(3, "UPDATE_IN_PROGRESS", "01"), 3), Some(ChangeAnswer::Accepted));
        assert_eq!(shown(&before, &group(5, "UPDATE_FAILED", "01"), 5), Some(ChangeAnswer::Accepted));
    }

    #[test]
    fn a_driver_that_raises_puts_the_count_back() {
        let refused = Some(ChangeAnswer::Refused("UPDATE_FAILED: Quota exceeded".into()));
        assert_eq!(shown(&group(3, "UPDATE_COMPLETE", "00"), &group(3, "UPDATE_FAILED", "01"), 5), refused);
        assert_eq!(shown(&group(3, "UPDATE_FAILED", "00"), &group(3, "UPDATE_FAILED", "01"), 5), refused);
    }
}
