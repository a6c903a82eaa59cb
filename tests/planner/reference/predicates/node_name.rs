//! A pod that names its node runs on no other.

use crate::reference::world::{World, WorldPod};

pub(crate) fn why_not(world: &World, pod: &WorldPod, node: usize) -> Option<String> {
    let wanted = pod.pod.node.as_deref()?;
    (wanted != world.nodes[node].name).then(|| format!("asks for {wanted}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::reference::case::world;
    use crate::reference::predicates::ask;

    /// Cases after `pkg/scheduler/framework/plugins/nodename/node_name_test.go`. The pod's node is
    /// no position here: the node that it names need not exist.
    #[test]
    fn table() {
        for (wanted, node, fits) in [
            (None, "foo", true),
            (Some("foo"), "foo", true),
            (Some("foo"), "bar", false),
            (Some("bar"), "foobar", false),
            (Some("Foo"), "foo", false),
        ] {
            let (world, mut pod) = world(&json!({ "nodes": { node: {} } }));
            pod.pod.node = wanted.map(Into::into);
            assert_eq!(ask("NodeName", &world, &pod, 0).is_none(), fits, "{wanted:?} on {node}");
        }
    }
}
