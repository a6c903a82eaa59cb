//! The objects of `cronjob.yaml` for the flags of one installation.

use serde_json::{Value, json};

/// The objects as they stand in the repository, which this fills in.
const TEMPLATE: &str = include_str!("../../cronjob.yaml");
/// Where files are mounted.
const FOLDER: &str = "/files";
/// The name of the ConfigMap of files.
const FILES: &str = "ec2-autoscale-files";
/// The name of the Secret with the variables of OpenStack, as in `cronjob.yaml`.
const OPENSTACK_SECRET: &str = "ec2-autoscale-openstack";

/// What is particular to an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Installation {
    /// The container image.
    pub(crate) image: String,
    /// The role of IRSA, which stands at the ServiceAccount.
    pub(crate) role_arn: Option<String>,
    /// The command and its flags; a file among them is named as [`MountedFile::path`].
    pub(crate) arguments: Vec<String>,
    /// Files that flags name.
    pub(crate) files: Vec<MountedFile>,
    /// Whether the cloud is OpenStack, whose settings are in a Secret.
    pub(crate) is_openstack: bool,
}

/// A file that the run reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MountedFile {
    /// Its name, without folders.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) text: String,
}

impl MountedFile {
    /// Returns its path in the container.
    pub(crate) fn path(&self) -> String {
        format!("{FOLDER}/{}", self.name)
    }
}

/// Returns the objects of `cronjob.yaml` as they stand.
pub(crate) fn template_objects() -> Vec<Value> {
    serde_saphyr::from_multiple(TEMPLATE).expect("tests read cronjob.yaml")
}

/// Returns the objects as YAML, in the order in which they can be created.
///
/// # Errors
/// When they cannot be written as YAML.
pub(crate) fn manifests(installation: &Installation) -> Result<String, serde_saphyr::ser::Error> {
    let mut objects = template_objects();
    for object in &mut objects {
        match object["kind"].as_str() {
            Some("ServiceAccount") => add_role(object, installation),
            Some("CronJob") => fill_in(object, installation),
            _ => {}
        }
    }
    if !installation.files.is_empty() {
        // It comes before the CronJob, whose pod would wait for it.
        objects.insert(0, config_map(&installation.files));
    }
    serde_saphyr::to_string_multiple(&objects)
}

fn add_role(account: &mut Value, installation: &Installation) {
    if let Some(role) = &installation.role_arn {
        account["metadata"]["annotations"] = json!({"eks.amazonaws.com/role-arn": role});
    }
}

fn fill_in(job: &mut Value, installation: &Installation) {
    let pod = &mut job["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    let has_files = !installation.files.is_empty();
    if has_files {
        pod["volumes"] = json!([{"name": "files", "configMap": {"name": FILES}}]);
    }
    let container = &mut pod["containers"][0];
    container["image"] = json!(installation.image);
    container["args"] = json!(installation.arguments);
    if has_files {
        container["volumeMounts"] = json!([{"name": "files", "mountPath": FOLDER, "readOnly": true}]);
    }
    if installation.is_openstack {
        container["envFrom"] = json!([{"secretRef": {"name": OPENSTACK_SECRET}}]);
    }
}

fn config_map(files: &[MountedFile]) -> Value {
    let data: serde_json::Map<String, Value> = files.iter().map(|file| (file.name.clone(), json!(file.text))).collect();
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": FILES, "namespace": "kube-system", "labels": {"app.kubernetes.io/name": "ec2-autoscale"}},
        "data": data,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installation() -> Installation {
        Installation {
            image: "registry.example.com/own:1".into(),
            role_arn: None,
            arguments: vec!["apply".into(), "--cluster-name=prod".into()],
            files: Vec::new(),
            is_openstack: false,
        }
    }

    fn objects(installation: &Installation) -> Vec<Value> {
        serde_saphyr::from_multiple(&manifests(installation).expect("YAML")).expect("YAML")
    }

    fn only<'o>(objects: &'o [Value], kind: &str) -> &'o Value {
        let mut found = objects.iter().filter(|object| object["kind"] == kind);
        match (found.next(), found.next()) {
            (Some(object), None) => object,
            _ => panic!("one {kind}"),
        }
    }

    #[test]
    fn all_but_what_is_set_is_as_in_the_repository() {
        let mut made = objects(&installation());
        let template: Vec<Value> = serde_saphyr::from_multiple(TEMPLATE).expect("YAML");
        let place = made.iter().position(|object| object["kind"] == "CronJob").expect("a CronJob");
        let container = "/spec/jobTemplate/spec/template/spec/containers/0";
        let own = made[place].pointer(container).expect("a container").clone();
        assert_eq!(
            (&own["image"], &own["args"]),
            (&json!("registry.example.com/own:1"), &json!(["apply", "--cluster-name=prod"]))
        );
        for field in ["image", "args"] {
            let usual = template[place].pointer(container).expect("a container")[field].clone();
            made[place].pointer_mut(container).expect("a container")[field] = usual;
        }
        assert_eq!(made, template);
    }

    #[test]
    fn a_role_stands_at_the_account_and_files_are_mounted() {
        let file = MountedFile { name: "policy.yaml".into(), text: "flags:\n  idle-threshold: 5m\n".into() };
        let path = file.path();
        let role = "arn:aws:iam::123456789012:role/ec2-autoscale";
        let objects =
            objects(&Installation { role_arn: Some(role.into()), files: vec![file], is_openstack: true, ..installation() });
        assert_eq!(only(&objects, "ServiceAccount")["metadata"]["annotations"]["eks.amazonaws.com/role-arn"], role);
        let map = only(&objects, "ConfigMap");
        assert_eq!(map["data"]["policy.yaml"], "flags:\n  idle-threshold: 5m\n");
        let pod = &only(&objects, "CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"];
        assert_eq!(pod["volumes"][0]["configMap"]["name"], map["metadata"]["name"]);
        let container = &pod["containers"][0];
        let mount = &container["volumeMounts"][0];
        assert_eq!((&mount["name"], &mount["readOnly"]), (&pod["volumes"][0]["name"], &json!(true)));
        assert_eq!(path, format!("{}/policy.yaml", mount["mountPath"].as_str().expect("a path")));
        assert_eq!(container["envFrom"][0]["secretRef"]["name"], OPENSTACK_SECRET);
    }
}
