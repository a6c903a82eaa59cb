//! A dashboard for Grafana and rules for Prometheus, about the metrics that runs export.

use serde_json::{Value, json};

/// The dashboard, as Grafana imports it.
pub(crate) const DASHBOARD: &str = include_str!("dashboard.json");
/// The rules, as Prometheus reads them.
pub(crate) const ALERTS: &str = include_str!("alerts.yaml");
/// The name of the objects.
const NAME: &str = "ec2-autoscale";

/// Returns both as objects of a cluster: a ConfigMap that Grafana's sidecar finds by its label, and
/// a PrometheusRule of the Prometheus Operator.
///
/// # Errors
/// When the rules are no YAML, which tests rule out.
pub(crate) fn monitoring_objects() -> Result<Vec<Value>, serde_saphyr::Error> {
    let rules: Value = serde_saphyr::from_str(ALERTS)?;
    let metadata = |name: &str, label: &str, value: &str| {
        json!({
            "name": name,
            "namespace": "kube-system",
            "labels": {"app.kubernetes.io/name": NAME, label: value},
        })
    };
    let dashboard = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata("ec2-autoscale-dashboard", "grafana_dashboard", "1"),
        "data": {"ec2-autoscale.json": DASHBOARD},
    });
    let rule = json!({
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": metadata(NAME, "role", "alert-rules"),
        "spec": rules,
    });
    Ok(vec![dashboard, rule])
}
