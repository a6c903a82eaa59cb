//! The steps as a document: what `fix -o json` prints.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::mends::{Members, Mend, MendQuestion, mend};
use crate::cloud::{SetUpCall, SetUpChange, set_up_call};
use crate::plan::{Finding, FindingCode};
use crate::policy::Policy;
use crate::snapshot::{ClusterIdentity, GroupId, Rejection, Snapshot};

/// The name of the format.
pub const SCHEMA: &str = "ec2-autoscale/fix/v1";

/// What is wrong with the set-up of groups, and what mends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FixPlan {
    /// Always [`SCHEMA`].
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// `taken_at` of the snapshot that it was made from.
    pub made_at: Timestamp,
    /// The cluster it is for.
    pub cluster: ClusterIdentity,
    /// Its regions, most preferred first.
    pub regions: Vec<String>,
    /// The steps, in this order.
    pub steps: Vec<FixStep>,
    /// The findings about a set-up that have no single right mend.
    pub left_to_a_person: Vec<LeftToPerson>,
}

/// One change of one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FixStep {
    /// The group.
    pub group: GroupId,
    /// The finding that it mends.
    pub finding: Finding,
    /// The change.
    pub change: SetUpChange,
    /// The call that makes it.
    pub call: SetUpCall,
}

/// A finding that a person has to decide about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LeftToPerson {
    /// The finding.
    pub finding: Finding,
    /// Why it has no single right mend.
    pub why: String,
}

impl FixPlan {
    /// Finds what mends the findings of a plan. `members` are the instances of groups that are not
    /// managed and look as if they should be.
    #[must_use]
    pub fn new(snapshot: &Snapshot, policy: &Policy, findings: &[Finding], members: &Members) -> Self {
        let regions = snapshot.regions.iter().map(|region| region.name.clone()).collect();
        let mut fix = Self {
            schema: SCHEMA.to_owned(),
            made_at: snapshot.taken_at,
            cluster: snapshot.cluster.clone(),
            regions,
            steps: Vec::new(),
            left_to_a_person: Vec::new(),
        };
        let seen = MendQuestion { snapshot, policy, members };
        let named = named_groups(snapshot, policy);
        for finding in findings.iter().chain(&named) {
            if let Some(mend) = mend(finding, &seen).filter(|mend| policy.may_touch(&mend.group.name)) {
                fix.add(finding, mend, snapshot.looked_at.cloud.as_deref());
            }
        }
        fix
    }

    fn add(&mut self, finding: &Finding, mend: Mend, cloud: Option<&str>) {
        let Mend { group, changes, left } = mend;
        let mut left = left;
        for change in changes {
            match set_up_call(cloud, &group, &change) {
                Some(call) => self.steps.push(FixStep { group: group.clone(), finding: finding.clone(), change, call }),
                None => left.push("the cloud changes nothing of how such a group is set up".to_owned()),
            }
        }
        left.dedup();
        self.left_to_a_person.extend(left.into_iter().map(|why| LeftToPerson { finding: finding.clone(), why }));
    }

    /// Returns the groups that are not managed and whose instances decide whether they should be.
    pub fn groups_in_doubt<'a>(snapshot: &'a Snapshot, policy: &'a Policy) -> impl Iterator<Item = &'a GroupId> {
        let is_in_doubt = |rejection: &Rejection, name: &str| match rejection {
            Rejection::NoRoleTag { found } => found.is_empty() && policy.may_touch(name),
            Rejection::NoClusterTag => policy.only_groups.iter().any(|named| named == name),
            Rejection::OtherRole { .. }
            | Rejection::OptedOut
            | Rejection::OtherCluster { .. }
            | Rejection::NoMaximum
            | Rejection::OtherAutoscaler { .. } => false,
        };
        let in_doubt = snapshot.rejected_groups.iter().filter(move |group| is_in_doubt(&group.rejection, &group.id.name));
        in_doubt.map(|group| &group.id)
    }
}

/// Returns the findings on groups that `--only-group` names and that have no tag of the cluster: a
/// plan has none, as most groups of an account are somebody else's.
fn named_groups(snapshot: &Snapshot, policy: &Policy) -> Vec<Finding> {
    let is_named = |name: &str| policy.only_groups.iter().any(|named| named == name);
    let rejected = snapshot.rejected_groups.iter().filter(|group| is_named(&group.id.name));
    let without_finding = rejected.filter(|group| !group.rejection.looks_like_a_mistake());
    without_finding
        .map(|group| FindingCode::GroupNotManaged { group: group.id.clone(), rejection: group.rejection.clone() }.into())
        .collect()
}
