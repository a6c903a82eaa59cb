//! Namespaces and DaemonSets.

use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::core::v1 as core;

use super::pods::template_labels;
use super::resource_claims::claims_of_template;
use super::specs::{SpecTable, read_spec};
use crate::kubernetes::conversion::{ConversionError, ConversionProblem, labels, required};
use crate::snapshot::{DaemonSet, Namespace};

/// Reads one namespace.
pub(crate) fn read_namespace(namespace: &core::Namespace) -> Result<Namespace, ConversionError> {
    let name = required(namespace.metadata.name.as_ref(), "name");
    let name = name.map_err(|problem| problem.in_object("Namespace", &namespace.metadata))?;
    Ok(Namespace { name, labels: labels(&namespace.metadata) })
}

/// Reads one DaemonSet; the specification of its pods goes to the table.
pub(crate) fn read_daemon_set(set: &apps::DaemonSet, specs: &mut SpecTable) -> Result<DaemonSet, ConversionError> {
    convert(set, specs).map_err(|problem| problem.in_object("DaemonSet", &set.metadata))
}

fn convert(set: &apps::DaemonSet, specs: &mut SpecTable) -> Result<DaemonSet, ConversionProblem> {
    let template = &set.spec.template;
    let spec = template.spec.as_ref().ok_or(ConversionProblem::Missing("spec.template.spec"))?;
    let labels = template_labels(template);
    Ok(DaemonSet {
        namespace: required(set.metadata.namespace.as_ref(), "namespace")?,
        name: required(set.metadata.name.as_ref(), "name")?,
        spec: specs.intern(read_spec(spec, &labels)?),
        labels,
        resource_claims: claims_of_template(spec),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::snapshot::{CPU, HostPort};

    #[test]
    fn a_template_gets_what_the_api_server_gives_its_pods() {
        let set: apps::DaemonSet = serde_json::from_value(json!({
            "metadata": { "namespace": "kube-system", "name": "node-exporter" },
            "spec": { "selector": {}, "template": { "spec": {
                "hostNetwork": true, "nodeSelector": { "kubernetes.io/os": "linux" },
                "tolerations": [{ "key": "node.kubernetes.io/unschedulable", "operator": "Exists", "effect": "NoSchedule" }],
                "containers": [{ "name": "a", "ports": [{ "containerPort": 9100 }], "resources": { "limits": { "cpu": "100m" } } }]
            } } }
        }))
        .expect("a manifest");
        let mut specs = SpecTable::default();
        let read = read_daemon_set(&set, &mut specs).expect("understood");
        let spec = &specs.into_map()[&read.spec];
        assert_eq!(spec.containers[0].requests, [(CPU, 100)].into_iter().collect());
        assert_eq!(spec.containers[0].host_ports, [HostPort { ip: "0.0.0.0".into(), protocol: "TCP".into(), port: 9100 }]);
        assert_eq!(spec.node_selector.len(), 1);
        assert_eq!(spec.tolerations.len(), 1, "what the controller adds is not the object's");
    }

    #[test]
    fn namespaces_keep_their_labels() {
        let namespace = serde_json::from_value(json!({ "metadata": { "name": "ml", "labels": { "team": "a" } } }));
        let read = read_namespace(&namespace.expect("a manifest")).expect("understood");
        assert_eq!((read.name.as_str(), read.labels.len()), ("ml", 1));
    }
}
