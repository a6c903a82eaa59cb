//! What Heat states of a group. It is the authority: a request that names a server which is not in
//! the group's stack makes Heat end another one.

use std::collections::BTreeSet;

use super::server_names::stack_of;
use crate::cloud::magnum::api::StackAnswer;
use crate::cloud::magnum::driver::is_uuid;

/// The stack of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GroupStack {
    /// The names of its servers begin with it.
    name: String,
    /// The servers of its members, as far as they are known.
    servers: BTreeSet<String>,
    /// Whether a server that is not among them is none of the group's.
    is_whole: bool,
}

impl GroupStack {
    /// Makes it of the stack of its members, if that could be read.
    ///
    /// While Heat works on that, or as long as a member has no server yet, there may be more.
    pub(crate) fn new(name: &str, members: Option<&StackAnswer>) -> Self {
        let known = members.and_then(StackAnswer::members).unwrap_or_default();
        let servers: BTreeSet<String> = known.values().filter(|it| is_uuid(it)).map(ToString::to_string).collect();
        let is_at_rest = members.is_some_and(|members| !members.is_in_progress());
        let is_whole = is_at_rest && !servers.is_empty() && servers.len() == known.len();
        Self { name: name.to_owned(), servers, is_whole }
    }

    /// Returns its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the servers of its members.
    pub(crate) fn servers(&self) -> impl Iterator<Item = &str> {
        self.servers.iter().map(String::as_str)
    }

    /// Whether the stack certainly lacks a server.
    pub(crate) fn lacks(&self, server: &str) -> bool {
        self.is_whole && !self.servers.contains(server)
    }

    /// Whether a server's name is one that the stack gives.
    pub(crate) fn gives_name(&self, server_name: &str) -> bool {
        stack_of(server_name).is_some_and(|stack| stack.eq_ignore_ascii_case(&self.name))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ONE: &str = "1b4e28ba-2fa1-11d2-883f-0016d3cca427";
    const OTHER: &str = "2b4e28ba-2fa1-11d2-883f-0016d3cca427";

    fn stack(status: &str, members: &Value) -> GroupStack {
        let output = json!({ "output_key": "refs_map", "output_value": members });
        let answer = json!({ "stack": { "stack_status": status, "outputs": [output] } });
        GroupStack::new("k8s-a1b2c3d4e5f6", Some(&serde_json::from_value(answer).expect("a stack")))
    }

    #[test]
    fn a_stack_at_rest_whose_members_have_servers_lacks_every_other() {
        let whole = stack("UPDATE_COMPLETE", &json!({ "0": ONE }));
        assert!(whole.lacks(OTHER) && !whole.lacks(ONE));
        for unclear in [
            stack("UPDATE_IN_PROGRESS", &json!({ "0": ONE })),
            stack("UPDATE_COMPLETE", &json!({ "0": ONE, "1": "kube-minion" })),
            stack("UPDATE_COMPLETE", &json!({ "0": ONE, "1": "1" })),
            stack("UPDATE_COMPLETE", &json!({})),
            stack("UPDATE_COMPLETE", &Value::Null),
            GroupStack::new("k8s-a1b2c3d4e5f6", None),
        ] {
            assert!(!unclear.lacks(OTHER), "{unclear:?}");
        }
    }

    #[test]
    fn its_servers_have_its_name() {
        let stack = stack("UPDATE_COMPLETE", &json!({}));
        assert!(stack.gives_name("k8s-a1b2c3d4e5f6-node-3"));
        assert!(!stack.gives_name("k8s-f6e5d4c3b2a1-node-3") && !stack.gives_name("k8s-a1b2c3d4e5f6-master-0"));
    }
}
