//! What the service account of the CronJob may do, compared with the roles of `cronjob.yaml`.

use k8s_openapi::api::rbac::v1::{ClusterRole, PolicyRule, Role};
use serde_json::Value;

use super::{CheckState, CheckSubject, SetUpCheck};
use crate::install::template_objects;
use crate::kubernetes::access_review::AccessQuestion;
use crate::plan::count;

/// At most so many rights that are missing are written out.
const RIGHTS_SHOWN: usize = 6;

/// Returns everything that the roles of `cronjob.yaml` allow, in the namespace of the Lease.
pub(crate) fn questions(lease_namespace: &str) -> Vec<AccessQuestion> {
    let mut questions = Vec::new();
    for object in template_objects() {
        match object["kind"].as_str() {
            Some("ClusterRole") => {
                let role: ClusterRole = typed(object);
                questions.extend(role.rules.unwrap_or_default().into_iter().flat_map(|rule| of_rule(&rule, None)));
            }
            Some("Role") => {
                let role: Role = typed(object);
                let rules = role.rules.unwrap_or_default().into_iter();
                questions.extend(rules.flat_map(|rule| of_rule(&rule, Some(lease_namespace))));
            }
            _ => {}
        }
    }
    questions
}

fn typed<T: serde::de::DeserializeOwned>(object: Value) -> T {
    serde_json::from_value(object).expect("tests read cronjob.yaml")
}

fn of_rule(rule: &PolicyRule, namespace: Option<&str>) -> Vec<AccessQuestion> {
    let names: Vec<Option<&String>> = match &rule.resource_names {
        Some(names) => names.iter().map(Some).collect(),
        None => vec![None],
    };
    let groups = rule.api_groups.iter().flatten();
    let pairs = groups.flat_map(|group| rule.resources.iter().flatten().map(move |resource| (group, resource)));
    let mut questions = Vec::new();
    for (group, resource) in pairs {
        for (verb, name) in rule.verbs.iter().flat_map(|verb| names.iter().map(move |name| (verb, name))) {
            questions.push(AccessQuestion {
                verb: verb.clone(),
                group: group.clone(),
                resource: resource.clone(),
                namespace: namespace.map(str::to_owned),
                name: name.cloned(),
            });
        }
    }
    questions
}

/// What was found out about the rights of a service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RightsFound {
    /// Those that it lacks, of so many.
    Lacks {
        /// What it may not do.
        missing: Vec<AccessQuestion>,
        /// How many were asked about.
        of: usize,
    },
    /// This user may not ask.
    NotAllowedToAsk {
        /// Why.
        error: String,
    },
}

/// Returns the check of an account's rights.
pub(crate) fn checks_of_rights(account: &str, found: &RightsFound) -> SetUpCheck {
    match found {
        RightsFound::Lacks { missing, of } if missing.is_empty() => {
            SetUpCheck::good(CheckSubject::Rights, format!("{account} may do all {of} things that a run does"))
        }
        RightsFound::Lacks { missing, .. } => {
            let shown: Vec<String> = missing.iter().take(RIGHTS_SHOWN).map(ToString::to_string).collect();
            let more = match missing.len().saturating_sub(RIGHTS_SHOWN) {
                0 => String::new(),
                more => format!(" and {}", count(u64::try_from(more).unwrap_or(u64::MAX), "other thing")),
            };
            SetUpCheck::with_next(
                CheckSubject::Rights,
                CheckState::Bad,
                format!("{account} may not {}{more}", shown.join(", ")),
                "apply the roles of this version: `ec2-autoscale manifests … | kubectl apply -f -`",
            )
        }
        RightsFound::NotAllowedToAsk { error } => SetUpCheck::with_next(
            CheckSubject::Rights,
            CheckState::Unknown,
            format!("what {account} may do is not known: {error}"),
            "ask as somebody who may create subjectaccessreviews, such as an admin of the cluster",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_right_of_the_roles_is_asked_about_by_itself() {
        let questions = questions("leases");
        let has = |words: &str| questions.iter().any(|question| question.to_string() == words);
        assert!(questions.len() > 50, "{}", questions.len());
        for words in ["list nodes", "patch nodes", "create pods/eviction", "list podgroups.scheduling.volcano.sh"] {
            assert!(has(words), "{words}");
        }
        assert!(has("update leases.coordination.k8s.io ec2-autoscale in leases"), "{questions:?}");
        assert!(has("create configmaps in leases"));
    }

    #[test]
    fn some_of_what_is_missing_is_named() {
        let missing = questions("leases");
        let (of, lacks) =
            (missing.len(), |number: usize| RightsFound::Lacks { missing: missing[..number].to_vec(), of: missing.len() });
        assert_eq!(checks_of_rights("a", &lacks(0)).state, CheckState::Good);
        let check = checks_of_rights("kube-system/ec2-autoscale", &lacks(8));
        assert!(check.state == CheckState::Bad && check.message.ends_with(" and 2 other things"), "{check:?}");
        assert!(checks_of_rights("a", &lacks(0)).message.contains(&of.to_string()));
    }
}
