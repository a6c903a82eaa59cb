//! What holds of every cloud, stated once: `Cloud`, and the steps of a run, against a real server
//! of each cloud with one group of machines.
//!
//! How each server answers is stated in `aws_contract` and `openstack_contract`. Here is what the
//! product makes of it, whichever cloud it is; where clouds differ, a [`GroupWorld`] states how.

mod aws;
mod failures;
mod gone;
mod growth;
mod lost_answers;
mod magnum;
mod overlaps;
mod refusals;
mod removal;
mod runs;
mod victim;

use ec2_autoscale::cloud::{Cloud, CloudFacts, GroupNow, GroupsRequest};
use ec2_autoscale::progress::Silent;
use ec2_autoscale::snapshot::{GroupId, NamedGroup};

/// The name of the group of each statement.
const GROUP: &str = "workers";

/// Makes of each statement a test for each cloud.
macro_rules! for_each_cloud {
    ($($statement:ident),+ $(,)?) => {
        mod aws {
            $(#[tokio::test]
            async fn $statement() {
                super::$statement::<crate::cloud_contract::aws::AwsGroup>().await;
            })+
        }
        mod magnum {
            $(#[tokio::test]
            async fn $statement() {
                super::$statement::<crate::cloud_contract::magnum::MagnumGroup>().await;
            })+
        }
    };
}
use for_each_cloud;

/// The size of a group at the start of a statement.
#[derive(Clone, Copy)]
struct GroupSize {
    machines: u32,
    min: u32,
    max: u32,
}

/// Three machines, with room to both sides.
const THREE: GroupSize = GroupSize { machines: 3, min: 0, max: 5 };

/// What happens to the next request that changes the group.
#[derive(Clone, Copy, Debug)]
enum NextRequest {
    /// The connection ends before anything changed.
    LostBefore,
    /// The change happens, and then the connection ends.
    LostAfter,
    /// There were too many, and the cloud did not look at it.
    Throttled,
    /// The credentials lack the permission.
    Forbidden,
}

/// What becomes of a change while an earlier one of the same group is in progress.
#[derive(Clone, Copy, Debug)]
enum Overlap {
    /// It would make the cloud choose other machines: the whole group is busy meanwhile, and
    /// nothing is sent.
    MixesUp,
    /// Each change is carried out for itself; a cloud like this has no update of a whole group.
    KeepsApart,
}

/// A real server of a cloud with one group, alone in its account or project.
trait GroupWorld: Sized {
    /// How the cloud refuses more than the group's maximum of five.
    const ABOVE_MAX: &str;
    /// What a message about a missing permission to grow ends with.
    const PERMISSION: &str;
    /// How the cloud puts it that it has no machine to give.
    const NO_ROOM: &str;
    const OVERLAP: Overlap;

    /// Makes the group, and signs in as a run does.
    async fn start(size: GroupSize) -> Self;
    fn cloud(&self) -> &Cloud;
    fn region(&self) -> &str;
    /// Returns the ids of its machines, the oldest first, without those that are going.
    fn machines(&self) -> Vec<String>;
    /// Returns the `providerID` of the node that a machine is.
    fn provider_id(&self, machine: &str) -> String;
    /// Returns how many requests to change something have come.
    fn requests(&self) -> usize;
    fn next_request(&self, fate: NextRequest);
    fn set_limits(&self, min: u32, max: u32);
    /// From now on no machine can be launched.
    fn fill_up(&self);
    /// From now on what is requested stays in progress until [`GroupWorld::settle`].
    fn slow_down(&self);
    /// Returns when what was accepted has ended.
    fn settle(&self);
    /// Ends a machine past the group.
    fn end_by_hand(&self, machine: &str);
    /// Deletes the group with its machines.
    async fn delete(&self);

    fn group(&self) -> GroupId {
        GroupId { region: self.region().to_owned(), name: GROUP.to_owned() }
    }

    /// Returns the group as a step sees it.
    async fn now(&self) -> GroupNow {
        self.cloud().group_now(&self.group()).await.expect("an answer").expect("the group")
    }
}

/// Reads what a run reads of the cluster `test`.
async fn read(cloud: &Cloud) -> CloudFacts {
    let named: [NamedGroup; 1] = [GROUP.parse().expect("a name")];
    let request = GroupsRequest { cluster_name: "test", group_tags: &[], named: &named, spot_prices: false };
    cloud.read(&request, &Silent).await.expect("facts")
}
