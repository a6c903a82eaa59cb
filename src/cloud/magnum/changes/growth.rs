//! The count of a group, upwards only.

use super::outcome::{ResizedGroup, resize};
use crate::cloud::change::ChangeAnswer;
use crate::cloud::magnum::api::ResizeBody;
use crate::cloud::magnum::client::MagnumClient;
use crate::cloud::magnum::groups::now::{seen, state_now};
use crate::cloud::magnum::groups::obstacles::cannot;
use crate::snapshot::GroupId;

/// Sends one request to grow to a count, which is absolute, so that a second one changes nothing.
///
/// A lower count is refused: without names the driver would choose which nodes go.
pub(crate) async fn set_desired(client: &MagnumClient, group: &GroupId, desired: i64) -> ChangeAnswer {
    let (cluster, before) = match state_now(client, group).await {
        Ok(Some(state)) => state,
        Ok(None) => return ChangeAnswer::Refused("the group is gone".to_owned()),
        Err(error) => return ChangeAnswer::Refused(error.to_string()),
    };
    let hindrance = seen(client).ok().and_then(|seen| cannot(&cluster, &before, seen.driver).launch);
    if let Some(hindrance) = hindrance {
        return ChangeAnswer::Refused(hindrance.to_string());
    }
    if desired < before.node_count {
        let words = format!("a count is never lowered without names, and it is {} by now", before.node_count);
        return ChangeAnswer::Refused(words);
    }
    let body = ResizeBody { node_count: desired, nodes_to_remove: Vec::new(), nodegroup: &before.uuid };
    resize(client, &ResizedGroup { cluster: &cluster.uuid, before: &before }, &body).await
}
