//! The zones of a group, in the words of the label that its nodes have.

use std::collections::BTreeSet;

use crate::cloud::magnum::api::{NodeGroupAnswer, ServerAnswer};

/// The label of a group that names its zone.
const ZONE: &str = "availability_zone";
/// The zone of computes that nobody gave one (Nova's `default_availability_zone`).
const DEFAULT_ZONE: &str = "nova";
/// The longest value of a label.
const LONGEST_LABEL: usize = 63;

/// Returns the zones in which a group launches: the one that its label names, else those of its
/// servers, else those of all servers of the cluster. Without any it is Nova's default.
pub(crate) fn zones_of(group: &NodeGroupAnswer, own: &[&ServerAnswer], cluster: &[&ServerAnswer]) -> Vec<String> {
    if let Some(zone) = group.labels.get(ZONE) {
        return vec![label_of_zone(zone)];
    }
    let of_servers = |servers: &[&ServerAnswer]| -> BTreeSet<String> {
        let stated = servers.iter().filter_map(|server| server.zone.as_deref()).filter(|zone| !zone.is_empty());
        stated.map(label_of_zone).collect()
    };
    let seen = [own, cluster].into_iter().map(of_servers).find(|zones| !zones.is_empty());
    seen.map_or_else(|| vec![DEFAULT_ZONE.to_owned()], |zones| zones.into_iter().collect())
}

/// Returns the value of the zone label for a zone: the cloud controller replaces what no label may
/// have (`SanitizeLabel` of cloud-provider-openstack, `pkg/util/util.go`).
pub(crate) fn label_of_zone(zone: &str) -> String {
    let mut label = String::new();
    for letter in zone.chars() {
        match letter.is_ascii_alphanumeric() || "-_.".contains(letter) {
            true => label.push(letter),
            false if label.ends_with('-') => {}
            false => label.push('-'),
        }
    }
    label.trim_matches(['-', '_', '.']).chars().take(LONGEST_LABEL).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::magnum::api::StackLabels;

    fn server(zone: &str) -> ServerAnswer {
        ServerAnswer { zone: Some(zone.into()), ..ServerAnswer::default() }
    }

    #[test]
    fn a_label_goes_before_servers_and_those_of_the_group_before_others() {
        let (a, b, unplaced) = (server("az a"), server("az-b"), server(""));
        let plain = NodeGroupAnswer::default();
        let labels = StackLabels([("availability_zone".to_owned(), "az-c".to_owned())].into());
        let labelled = NodeGroupAnswer { labels, ..NodeGroupAnswer::default() };
        assert_eq!(zones_of(&labelled, &[&a], &[&a, &b]), ["az-c"]);
        assert_eq!(zones_of(&plain, &[&a, &unplaced], &[&a, &b]), ["az-a"]);
        assert_eq!(zones_of(&plain, &[&unplaced], &[&b, &a]), ["az-a", "az-b"]);
        assert_eq!(zones_of(&plain, &[], &[]), ["nova"]);
    }

    #[test]
    fn a_zone_is_written_as_the_cloud_controller_does() {
        for (zone, label) in [("nova", "nova"), ("Zone 1/East", "Zone-1-East"), ("(a)", "a"), ("a  b", "a-b")] {
            assert_eq!(label_of_zone(zone), label);
        }
    }
}
