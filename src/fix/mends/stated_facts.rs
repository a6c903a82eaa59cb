//! Tags that state other labels and taints than the nodes of the group have: for an empty group
//! nothing but the tags counts.

use super::Mend;
use crate::cloud::{SetUpChange, TagChange, may_be_a_tag};
use crate::plan::{TemplateDifference, is_by_hand};
use crate::policy::Policy;
use crate::snapshot::{Group, Taint};
use crate::well_known::tags;

/// Returns the tags that state what the nodes of a group have. The nodes that differences are found
/// on were launched from what the group launches now, and agree with each other.
pub(super) fn mend(group: &Group, differences: &[TemplateDifference], policy: &Policy) -> Mend {
    let mut mend = Mend::new(&group.id);
    let mut tags = Vec::new();
    for difference in differences {
        match tag(group, difference, policy) {
            Ok(tag) => tags.push(tag),
            Err(why) => mend.left.push(format!("{difference}: {why}")),
        }
    }
    if !tags.is_empty() {
        mend.changes.push(SetUpChange::SetTags { tags });
    }
    mend
}

/// Returns the tag that ends a difference, or why there is not one such tag.
fn tag(group: &Group, difference: &TemplateDifference, policy: &Policy) -> Result<TagChange, &'static str> {
    match difference {
        TemplateDifference::Label { key, stated, live: Some(live) } => {
            let before = Some(stated.clone());
            of_key(TagChange { key: group.tags.label_tag(key), value: live.clone(), before })
        }
        TemplateDifference::Label { live: None, .. } | TemplateDifference::TaintOnNoNode { .. } => {
            Err("either the tag is wrong, or new nodes should get it by their user data")
        }
        TemplateDifference::TaintNotStated { taint } => of_taint(group, taint, policy),
        TemplateDifference::Amount { .. } => Err("either the tag is wrong, or something on the nodes takes too much of it"),
    }
}

fn of_taint(group: &Group, taint: &Taint, policy: &Policy) -> Result<TagChange, &'static str> {
    let stated: Vec<Taint> = group.taints_of_tags().chain(&group.node_group.taints).cloned().collect();
    if is_by_hand(taint, &stated, policy) {
        return Err("it looks as if somebody set it by hand, and then it is not one of new nodes");
    }
    if stated.iter().any(|other| other.key == taint.key) {
        return Err("a tag states another taint of that key, and which of the two is meant is not known here");
    }
    let value = format!("{}:{:?}", taint.value, taint.effect);
    of_key(TagChange { key: format!("{}{}", tags::TAINT, taint.key), value, before: None })
}

fn of_key(tag: TagChange) -> Result<TagChange, &'static str> {
    match may_be_a_tag(&tag.key) {
        true => Ok(tag),
        false => Err("the tag is one that the cloud sets by itself, or longer than a tag may be"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::TaintEffect;

    fn group() -> Group {
        let mut group = crate::demo::snapshot().groups.remove(2);
        assert!(group.tags.taints.is_empty());
        group.tags.labels.insert("pool".into(), "a".into());
        group
    }

    fn taint(key: &str, value: &str) -> Taint {
        Taint { key: key.into(), value: value.into(), effect: TaintEffect::NoSchedule }
    }

    fn label(key: &str, live: Option<&str>) -> TemplateDifference {
        TemplateDifference::Label { key: key.into(), stated: "a".into(), live: live.map(str::to_owned) }
    }

    /// Returns the tags as `key=value`, and how many differences are left.
    fn tagged(group: &Group, differences: &[TemplateDifference]) -> (Vec<String>, usize) {
        let mend = mend(group, differences, &Policy::default());
        let tags = mend.changes.iter().flat_map(|change| match change {
            SetUpChange::SetTags { tags } => tags.iter().map(|tag| format!("{}={}", tag.key, tag.value)).collect(),
            _ => Vec::new(),
        });
        (tags.collect(), mend.left.len())
    }

    #[test]
    fn a_label_is_stated_as_all_nodes_have_it_by_the_tag_that_states_it_now() {
        let mut group = group();
        let usual = "k8s.io/cluster-autoscaler/node-template/label/pool=b".to_owned();
        assert_eq!(tagged(&group, &[label("pool", Some("b"))]), (vec![usual], 0));
        group.tags.label_tags.insert("pool".into(), "kube/pool".into());
        assert_eq!(tagged(&group, &[label("pool", Some("b"))]), (vec!["kube/pool=b".to_owned()], 0));
        assert_eq!(tagged(&group, &[label("pool", None)]), (Vec::new(), 1), "none has it: who is wrong?");
        group.tags.label_tags.insert("pool".into(), "eks:nodegroup-name".into());
        assert_eq!(tagged(&group, &[label("pool", Some("b"))]), (Vec::new(), 1), "EKS sets it");
    }

    #[test]
    fn a_taint_of_the_nodes_is_stated_unless_somebody_set_it_by_hand() {
        let mut group = group();
        let differences = [TemplateDifference::TaintNotStated { taint: taint("dedicated", "batch") }];
        let stated = "k8s.io/cluster-autoscaler/node-template/taint/dedicated=batch:NoSchedule".to_owned();
        assert_eq!(tagged(&group, &differences), (vec![stated], 0));
        group.tags.taints = vec![taint("nvidia.com/gpu", "")];
        assert_eq!(tagged(&group, &differences), (Vec::new(), 1), "others are stated, and this one is not");
        group.tags.taints = vec![taint("dedicated", "web")];
        assert_eq!(tagged(&group, &differences), (Vec::new(), 1), "another of its key is stated");
    }

    #[test]
    fn a_key_that_no_tag_can_have_is_left() {
        let long = format!("example.com/{}", "x".repeat(90));
        let differences = [TemplateDifference::TaintNotStated { taint: taint(&long, "") }];
        assert_eq!(tagged(&group(), &differences), (Vec::new(), 1));
    }
}
