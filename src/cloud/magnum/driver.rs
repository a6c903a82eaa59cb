//! Which driver made the cluster, and what may be done with its groups.
//!
//! Magnum answers the same whichever driver it is, also where a driver ignores what was requested.

use crate::snapshot::{Cannot, Hindrance, Labels};
use crate::well_known::labels::{CAPI_HELM_GROUP, MAGNUM_GROUP, MAGNUM_ROLE, NODE_ROLE, VEXXHOST_GROUP};

/// A driver of Magnum, as far as drivers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Driver {
    /// The drivers on Heat, such as `k8s_fedora_coreos_v1`.
    Heat,
    /// `k8s_capi_helm_v1`.
    CapiHelm,
    /// vexxhost's `k8s_cluster_api_*`.
    ClusterApi,
    /// None that is known.
    Unknown,
}

/// How many characters Magnum's `short_id` has.
pub(crate) const SHORT_ID: usize = 12;

impl Driver {
    /// Finds the driver: by the name in the template, else by the form of the stack's id.
    pub(crate) fn find(named: Option<&str>, stack_id: Option<&str>) -> Self {
        match named.filter(|name| !name.is_empty()) {
            Some(name) => Self::of_name(name),
            None => stack_id.map_or(Self::Unknown, Self::of_stack_id),
        }
    }

    fn of_name(name: &str) -> Self {
        const ON_HEAT: [&str; 3] = ["k8s_fedora_", "k8s_coreos_", "k8s_ubuntu_"];
        if name.starts_with("k8s_capi_helm") {
            Self::CapiHelm
        } else if name.starts_with("k8s_cluster_api_") {
            Self::ClusterApi
        } else if ON_HEAT.iter().any(|beginning| name.starts_with(beginning)) {
            Self::Heat
        } else {
            Self::Unknown
        }
    }

    /// Returns the driver whose ids have this form: a UUID, `kube-abcde`, or a name and a short id.
    fn of_stack_id(stack_id: &str) -> Self {
        let is_short = |text: &str, length| {
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        if is_uuid(stack_id) {
            Self::Heat
        } else if stack_id.strip_prefix("kube-").is_some_and(|rest| is_short(rest, 5)) {
            Self::ClusterApi
        } else if stack_id.rsplit_once('-').is_some_and(|(name, id)| !name.is_empty() && is_short(id, SHORT_ID)) {
            Self::CapiHelm
        } else {
            Self::Unknown
        }
    }

    /// Returns the driver whose label a node has, with the group that the label names.
    pub(crate) fn of_node(labels: &Labels) -> Option<(Self, &str)> {
        [Self::Heat, Self::CapiHelm, Self::ClusterApi].into_iter().find_map(|driver| {
            let group = labels.get(driver.group_label()?)?;
            Some((driver, group.as_str()))
        })
    }

    /// Returns its name and what it does with names of nodes.
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::Heat => "a driver on Heat (such as k8s_fedora_coreos_v1), which ends the nodes that are named",
            Self::CapiHelm => "the driver k8s_capi_helm_v1, which ignores which node is to go",
            Self::ClusterApi => "a driver k8s_cluster_api_*, which ends the nodes that are named and replaces none",
            Self::Unknown => "an unknown driver",
        }
    }

    fn group_label(self) -> Option<&'static str> {
        match self {
            Self::Heat => Some(MAGNUM_GROUP),
            Self::CapiHelm => Some(CAPI_HELM_GROUP),
            Self::ClusterApi => Some(VEXXHOST_GROUP),
            Self::Unknown => None,
        }
    }

    /// Returns the labels that the driver gives to the nodes of a group.
    pub(crate) fn node_labels(self, group: &str, role: &str) -> Labels {
        let of_group = self.group_label().map(|label| (label.to_owned(), group.to_owned()));
        let of_role = match self {
            Self::Heat => Some((MAGNUM_ROLE.to_owned(), role.to_owned())),
            Self::ClusterApi => Some((format!("{NODE_ROLE}{role}"), String::new())),
            Self::CapiHelm | Self::Unknown => None,
        };
        of_group.into_iter().chain(of_role.filter(|_| !role.is_empty())).collect()
    }

    /// Returns what groups of the driver never can.
    pub(crate) fn cannot(self) -> Cannot {
        let not_offered = |reason: &str| Some(Hindrance::NotOffered { reason: reason.to_owned() });
        match self {
            Self::Heat => Cannot::default(),
            Self::ClusterApi => Cannot {
                replace: not_offered("the driver of the cluster can take a node away, and cannot put another in its place"),
                ..Cannot::default()
            },
            Self::CapiHelm => {
                let words = "the driver k8s_capi_helm_v1 of the cluster ignores which node is to go, and any other could go \
                             in its place";
                Cannot { launch: None, remove: not_offered(words), replace: not_offered(words) }
            }
            Self::Unknown => {
                let words = "it is unknown which driver made the cluster, and not every one honours which node is to go";
                Cannot { launch: None, remove: not_offered(words), replace: not_offered(words) }
            }
        }
    }
}

/// Whether a text is a UUID in its usual form.
pub(crate) fn is_uuid(text: &str) -> bool {
    const LENGTHS: [usize; 5] = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == LENGTHS.len()
        && parts.iter().zip(LENGTHS).all(|(part, length)| part.len() == length && part.bytes().all(|it| it.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "1b4e28ba-2fa1-11d2-883f-0016d3cca427";

    #[test]
    fn the_template_names_the_driver() {
        for (name, driver) in [
            ("k8s_fedora_coreos_v1", Driver::Heat),
            ("k8s_capi_helm_v1", Driver::CapiHelm),
            ("k8s_cluster_api_flatcar", Driver::ClusterApi),
            ("k8s_of_somebody", Driver::Unknown),
        ] {
            assert_eq!(Driver::find(Some(name), Some(UUID)), driver, "{name}");
        }
    }

    #[test]
    fn without_a_name_the_form_of_the_stack_s_id_shows_the_driver() {
        for (stack_id, driver) in [
            (UUID, Driver::Heat),
            ("kube-a1b2c", Driver::ClusterApi),
            ("my-cluster-a1b2c3d4e5f6", Driver::CapiHelm),
            ("a1b2c3d4e5f6", Driver::Unknown),
            ("my-cluster", Driver::Unknown),
        ] {
            assert_eq!(Driver::find(None, Some(stack_id)), driver, "{stack_id}");
        }
        assert_eq!(Driver::find(Some(""), None), Driver::Unknown);
    }

    #[test]
    fn a_node_names_its_group_in_the_driver_s_own_label() {
        for driver in [Driver::Heat, Driver::CapiHelm, Driver::ClusterApi] {
            assert_eq!(Driver::of_node(&driver.node_labels("gpu", "worker")), Some((driver, "gpu")));
        }
        assert_eq!(Driver::of_node(&Labels::default()), None);
    }

    #[test]
    fn only_heat_replaces_and_only_two_drivers_remove() {
        let can = |driver: Driver| {
            (driver.cannot().launch.is_none(), driver.cannot().remove.is_none(), driver.cannot().replace.is_none())
        };
        assert_eq!(can(Driver::Heat), (true, true, true));
        assert_eq!(can(Driver::ClusterApi), (true, true, false));
        assert_eq!(can(Driver::CapiHelm), (true, false, false));
        assert_eq!(can(Driver::Unknown), (true, false, false));
    }
}
