//! Stacks of Heat. A group is one, and its members are another below it, which has an output with
//! the server of each.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::pages::PageLink;

/// `GET /stacks?id=…`: the stacks of these ids, those at the top alone.
#[derive(Debug, Deserialize)]
pub(crate) struct StackList {
    pub(crate) stacks: Vec<ListedStack>,
}

/// One of them.
#[derive(Debug, Deserialize)]
pub(crate) struct ListedStack {
    pub(crate) id: String,
    pub(crate) stack_name: String,
}

/// `GET /stacks/{name}/{id}/resources/{name}`.
#[derive(Debug, Deserialize)]
pub(crate) struct ResourceAnswer {
    resource: LinkedResource,
}

#[derive(Debug, Deserialize)]
struct LinkedResource {
    #[serde(default)]
    links: Vec<PageLink>,
}

/// `GET /stacks/{name}/{id}`, with its outputs.
#[derive(Debug, Deserialize)]
pub(crate) struct StackAnswer {
    stack: StackWithOutputs,
}

#[derive(Debug, Deserialize)]
struct StackWithOutputs {
    #[serde(default)]
    stack_status: String,
    #[serde(default)]
    outputs: Vec<StackOutput>,
}

#[derive(Debug, Deserialize)]
struct StackOutput {
    output_key: String,
    #[serde(default)]
    output_value: serde_json::Value,
}

/// The output of a group of resources that has what each member is, by the member's number
/// (`heat/engine/resources/openstack/heat/resource_group.py`).
const MEMBERS: &str = "refs_map";

impl ResourceAnswer {
    /// Returns the address of the stack that the resource is.
    pub(crate) fn nested(self) -> Option<String> {
        self.resource.links.into_iter().find(|link| link.rel == "nested").map(|link| link.href)
    }
}

impl StackAnswer {
    /// Whether Heat works on it.
    pub(crate) fn is_in_progress(&self) -> bool {
        self.stack.stack_status.ends_with("_IN_PROGRESS")
    }

    /// Returns what each member is, by its number; nothing where Heat could not work that out.
    ///
    /// Until a member has a server, its number or the name of a resource stands there.
    pub(crate) fn members(&self) -> Option<BTreeMap<&str, &str>> {
        let output = self.stack.outputs.iter().find(|output| output.output_key == MEMBERS)?;
        let members = output.output_value.as_object()?.iter();
        Some(members.map(|(number, member)| (number.as_str(), member.as_str().unwrap_or_default())).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Both in the form of Heat 27.0.1 (`heat/api/openstack/v1`), without what is not read.
    #[test]
    fn the_stack_of_members_is_a_link_of_a_resource_and_the_members_are_an_output() {
        let nested = "http://heat/v1/p/stacks/k8s-a1b2c3d4e5f6-kube_minions-x/2c";
        let resource: ResourceAnswer = serde_json::from_value(json!({ "resource": {
            "resource_name": "kube_minions", "physical_resource_id": "2c", "links": [
                { "href": "http://heat/v1/p/stacks/k8s-a1b2c3d4e5f6/1b/resources/kube_minions", "rel": "self" },
                { "href": nested, "rel": "nested" },
            ]
        } }))
        .expect("a resource");
        assert_eq!(resource.nested().as_deref(), Some(nested));
        let stack = |outputs: serde_json::Value| -> StackAnswer {
            let stack = json!({ "id": "2c", "stack_status": "UPDATE_IN_PROGRESS", "outputs": outputs });
            serde_json::from_value(json!({ "stack": stack })).expect("a stack")
        };
        let refs = json!({ "0": "1b4e28ba-2fa1-11d2-883f-0016d3cca427", "2": "kube-minion", "3": null });
        let whole = stack(json!([{ "output_key": "refs_map", "output_value": refs, "description": "No description given" }]));
        assert!(whole.is_in_progress());
        let members = whole.members().expect("members");
        assert_eq!(members.into_iter().collect::<Vec<_>>()[1..], [("2", "kube-minion"), ("3", "")]);
        let failed = json!([{ "output_key": "refs_map", "output_value": null, "output_error": "not yet" }]);
        assert!(stack(failed).members().is_none() && stack(json!([])).members().is_none());
    }
}
