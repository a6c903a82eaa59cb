//! Workflows of Argo. One that runs a single container has one pod; how many pods the steps of the
//! others have at a time is known only while they run.

use super::found::{FoundTemplate, items};
use super::made;
use crate::gather::manifests::node::{YamlNode, YamlValue};

/// Returns the pod of the template that a workflow begins with, if that is a container.
pub(super) fn entry<'a>(spec: &YamlNode, path: &str) -> Option<FoundTemplate<'a>> {
    let name = spec.get("entrypoint").and_then(YamlNode::text)?;
    let is_entry = |template: &&YamlNode| template.get("name").and_then(YamlNode::text) == Some(name);
    let template = items(spec.get("templates")).find(is_entry)?;
    if [spec, template].into_iter().any(|holder| holder.get("podSpecPatch").is_some()) {
        return None;
    }
    let mut containers = match template.at(&["containerSet", "containers"]) {
        Some(set) => items(Some(set)).cloned().collect(),
        None => vec![main_container(template.get("container").or_else(|| template.get("script"))?)?],
    };
    containers.extend(items(template.get("sidecars")).cloned());
    let mut fields = vec![("containers", made::list(template.line, containers))];
    fields.extend(template.get("initContainers").map(|all| ("initContainers", all.clone())));
    Some(made::template(("", format!("{path}.templates")), 1, template.line, fields, &[template, spec]))
}

/// Returns a container with the name that Argo gives it.
fn main_container(container: &YamlNode) -> Option<YamlNode> {
    let YamlValue::Map(entries) = &container.value else { return None };
    let others = entries.iter().filter(|(key, _)| key != "name").map(|(key, value)| (key.as_str(), value.clone()));
    let name = ("name", made::text(container.line, "main"));
    Some(made::map(container.line, std::iter::once(name).chain(others).collect()))
}
