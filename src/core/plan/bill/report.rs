//! The bill as it is in the document.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::amounts::is_zero;
use crate::plan::reason::count;
use crate::snapshot::{GroupId, UsdPerHour};

/// What the groups cost per hour. Only live and requested instances count: not those in Standby, in
/// a warm pool or ending. A machine that is not live yet counts with the dearest price that it may
/// have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bill {
    /// Before this plan.
    pub before: UsdPerHour,
    /// Once it is carried out.
    pub after: UsdPerHour,
    /// The same at list prices, where one's own rates differ for some group. A group without rates
    /// of its own counts by its prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<ListBill>,
    /// How much of that goes in later runs, with the nodes that this plan cordons or empties.
    pub leaving: UsdPerHour,
    /// How much of that is for new nodes.
    pub new_nodes: UsdPerHour,
    /// How much of that is for nodes that are added since the scheduler packs less densely than the
    /// plan.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub loose_nodes: UsdPerHour,
    /// The number of pods that are expected on new nodes of known price.
    pub pods: u32,
    /// What new nodes for these pods cost at least, whichever of the groups that can grow are
    /// chosen; absent without such pods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower_bound: Option<UsdPerHour>,
    /// The groups that are left out of all of this, as some of their prices are not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unpriced: Vec<GroupId>,
    /// Every group, in the order in which they are tried.
    pub groups: Vec<GroupBill>,
}

/// What the same machines cost per hour at list prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListBill {
    /// Before this plan.
    pub before: UsdPerHour,
    /// Once it is carried out.
    pub after: UsdPerHour,
}

/// What one group costs per hour. Amounts are absent where a price is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupBill {
    /// The group.
    #[serde(flatten)]
    pub group: GroupId,
    /// Its next new node, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_a_node: Option<UsdPerHour>,
    /// Before this plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<UsdPerHour>,
    /// Once it is carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<UsdPerHour>,
    /// The same at list prices, where factors on prices are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<ListBill>,
    /// How much of that goes in later runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaving: Option<UsdPerHour>,
    /// How much of that is for new nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_nodes: Option<UsdPerHour>,
    /// How many of its nodes use reservations once the plan is carried out: they cost nothing here,
    /// since they are paid for in any case.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reserved: u32,
}

impl Bill {
    /// Returns the bill in words, a sentence a line.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let mut sums = format!("{}{}", then(self.before, self.after), at_list(self.list, self.before, self.after));
        if !self.unpriced.is_empty() {
            let groups = count(self.unpriced.len() as u64, "group");
            sums = format!("{sums}, without {groups} whose price is not known");
        }
        let new_nodes = self.lower_bound.map(|least| {
            let pods = count(u64::from(self.pods), "pod");
            let loose = match is_nothing(&self.loose_nodes) {
                true => String::new(),
                false => format!(", {} of it since the scheduler packs less densely", self.loose_nodes),
            };
            format!("new nodes {} for {pods}{loose}; at least {least}, whatever is bought", self.new_nodes)
        });
        let leaving = (self.leaving > UsdPerHour::ZERO)
            .then(|| format!("{} less once the nodes that are cordoned or drained have gone", self.leaving));
        [Some(sums), new_nodes, leaving].into_iter().flatten().collect()
    }
}

/// Writes `$12.40/h → $24.80/h (list $15.00/h → $30.00/h), 2 reserved`.
impl fmt::Display for GroupBill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.before.zip(self.after) {
            Some((before, after)) => {
                f.write_str(&then(before, after))?;
                f.write_str(&at_list(self.list, before, after))?;
            }
            None => f.write_str("?")?,
        }
        if self.reserved > 0 {
            write!(f, ", {} reserved", self.reserved)?;
        }
        Ok(())
    }
}

/// Whether an amount need not be stated.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_nothing(amount: &UsdPerHour) -> bool {
    *amount == UsdPerHour::ZERO
}

/// Returns the list price in brackets, where it differs.
fn at_list(list: Option<ListBill>, before: UsdPerHour, after: UsdPerHour) -> String {
    let differs = |list: &ListBill| (list.before, list.after) != (before, after);
    list.filter(differs).map(|list| format!(" (list {})", then(list.before, list.after))).unwrap_or_default()
}

fn then(before: UsdPerHour, after: UsdPerHour) -> String {
    if before == after { before.to_string() } else { format!("{before} → {after}") }
}
