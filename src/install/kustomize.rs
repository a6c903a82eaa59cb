//! The files of a kustomize base.

use serde_json::{Value, json};

use super::monitoring::{ALERTS, DASHBOARD, monitoring_objects};

/// A file of a base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BaseFile {
    /// Its name within the folder.
    pub(crate) name: &'static str,
    /// What it holds.
    pub(crate) text: String,
}

/// Returns the files of a base with these objects. With monitoring there are its objects as well,
/// and beside the base the same for a Grafana and a Prometheus that know no such objects.
///
/// # Errors
/// When something cannot be written as YAML.
pub(crate) fn kustomize_base(manifests: String, with_monitoring: bool) -> anyhow::Result<Vec<BaseFile>> {
    let mut files = vec![BaseFile { name: "ec2-autoscale.yaml", text: manifests }];
    if with_monitoring {
        let text = serde_saphyr::to_string_multiple(&monitoring_objects()?)?;
        files.push(BaseFile { name: "monitoring.yaml", text });
    }
    let resources: Vec<&str> = files.iter().map(|file| file.name).collect();
    let text = serde_saphyr::to_string(&kustomization(&resources))?;
    files.push(BaseFile { name: "kustomization.yaml", text });
    if with_monitoring {
        files.push(BaseFile { name: "dashboard.json", text: DASHBOARD.to_owned() });
        files.push(BaseFile { name: "alerts.yaml", text: ALERTS.to_owned() });
    }
    Ok(files)
}

fn kustomization(resources: &[&str]) -> Value {
    json!({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": resources})
}
