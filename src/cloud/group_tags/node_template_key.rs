//! What a tag below `node-template/` states, by its key.

use crate::well_known::tags::{LABEL, RESOURCE, TAINT};

/// Before the name of an option of Cluster Autoscaler.
pub(super) const OPTION: &str = "k8s.io/cluster-autoscaler/node-template/autoscaling-options/";
const NODE_TEMPLATE: &str = "k8s.io/cluster-autoscaler/node-template";

/// The kinds of facts that such a tag can state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NodeTemplateFact {
    Label,
    Taint,
    Resource,
    Option,
}

/// How a key below `node-template/` is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NodeTemplateKey<'a> {
    /// It states a fact about what it names.
    States { fact: NodeTemplateFact, name: &'a str, is_misspelt: bool },
    /// Nothing is called so.
    Unknown,
}

impl NodeTemplateFact {
    /// Returns the right beginning of a key that states such a fact.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Label => LABEL,
            Self::Taint => TAINT,
            Self::Resource => RESOURCE,
            Self::Option => OPTION,
        }
    }

    /// Returns the fact that a word stands for, in the singular or in the plural.
    fn named(word: &str) -> Option<Self> {
        match word {
            "label" | "labels" => Some(Self::Label),
            "taint" | "taints" => Some(Self::Taint),
            "resource" | "resources" => Some(Self::Resource),
            "autoscaling-option" | "autoscaling-options" => Some(Self::Option),
            _ => None,
        }
    }
}

/// Reads the key of a tag. Returns `None` for one that has nothing to do with `node-template/`.
pub(super) fn read(key: &str) -> Option<NodeTemplateKey<'_>> {
    let beginning = key.get(..NODE_TEMPLATE.len())?;
    if !beginning.eq_ignore_ascii_case(NODE_TEMPLATE) {
        return None;
    }
    let parts = key[NODE_TEMPLATE.len()..].strip_prefix('/').and_then(|rest| rest.split_once('/'));
    let stated = parts.and_then(|(word, name)| Some((NodeTemplateFact::named(&word.to_ascii_lowercase())?, name)));
    Some(match stated {
        Some((fact, name)) => NodeTemplateKey::States { fact, name, is_misspelt: !key.starts_with(fact.prefix()) },
        None => NodeTemplateKey::Unknown,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(fact: NodeTemplateFact, name: &str, is_misspelt: bool) -> NodeTemplateKey<'_> {
        NodeTemplateKey::States { fact, name, is_misspelt }
    }

    #[test]
    fn the_right_words_and_those_that_can_mean_nothing_else() {
        use NodeTemplateFact::{Label, Option, Resource, Taint};
        for (word, fact, is_misspelt) in [
            ("label", Label, false),
            ("labels", Label, true),
            ("Label", Label, true),
            ("taint", Taint, false),
            ("taints", Taint, true),
            ("resources", Resource, false),
            ("resource", Resource, true),
            ("autoscaling-options", Option, false),
            ("autoscaling-option", Option, true),
        ] {
            let key = format!("k8s.io/cluster-autoscaler/node-template/{word}/example.com/x");
            assert_eq!(read(&key), Some(states(fact, "example.com/x", is_misspelt)), "{key}");
        }
        let upper = "K8S.IO/cluster-autoscaler/node-template/label/x";
        assert_eq!(read(upper), Some(states(Label, "x", true)));
    }

    #[test]
    fn other_words_below_it_are_unknown_and_other_keys_are_no_business_of_ours() {
        for rest in ["", "/", "/label", "/lable/x", "/capacity/cpu", "s/label/x", ".label/x", "/x"] {
            let key = format!("k8s.io/cluster-autoscaler/node-template{rest}");
            assert_eq!(read(&key), Some(NodeTemplateKey::Unknown), "{key}");
        }
        for key in ["k8s.io/cluster-autoscaler/enabled", "Name", "", "k8s.io/cluster-autoscaler/node-templäte/label/x"] {
            assert_eq!(read(key), None, "{key}");
        }
    }
}
