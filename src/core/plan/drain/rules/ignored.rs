//! A pod does not count when it comes with the node, has ended, or is the pod of this run.

use crate::plan::drain::{Drainability, Question};
use crate::snapshot::why_ignored;

pub(super) fn verdict(question: &Question<'_>) -> Option<Drainability> {
    let why = why_ignored(question.pod, question.spec, question.own_pod, question.expendable_below)?;
    Some(Drainability::Ignored { why })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::drain::Drainability;
    use crate::plan::drain::test_pod::SamplePod;
    use crate::snapshot::Ignored;

    #[test]
    fn what_comes_with_the_node_is_ignored_whatever_else_holds() {
        let daemon = json!({ "kind": "DaemonSet", "api_version": "apps/v1", "name": "d", "uid": "d" });
        for (field, value, why) in [
            ("mirror", json!(true), Ignored::Mirror),
            ("owner", daemon, Ignored::DaemonSet),
            ("phase", json!("failed"), Ignored::Finished),
        ] {
            let sample =
                SamplePod::web().annotation("cluster-autoscaler.kubernetes.io/safe-to-evict", "false").pod(field, value);
            assert_eq!(sample.verdict(), Drainability::Ignored { why }, "{field}");
        }
    }
}
