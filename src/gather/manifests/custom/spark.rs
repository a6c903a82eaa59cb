//! Applications of Spark: a driver and its executors, whose requests follow from fields of their
//! own (`sparkoperator.k8s.io`, and "Running Spark on Kubernetes", spark.apache.org).

use super::found::{FoundTemplate, integer};
use super::made;
use crate::gather::manifests::node::{YamlNode, YamlValue};

/// The memory of a process that states none.
const USUAL_MEMORY: &str = "1g";

/// The least memory beside that of the JVM, in MiB (`spark.kubernetes.memoryOverheadFactor`).
const LEAST_OVERHEAD: f64 = 384.0;

const MEBIBYTE: f64 = 1_048_576.0;

/// The fraction of the memory that is added for what is outside the JVM, where the application
/// states none: it is larger for the languages that run outside it.
const OVERHEAD: f64 = 0.1;
const OVERHEAD_OUTSIDE_THE_JVM: f64 = 0.4;

/// Returns the driver and the executors; nothing where an amount is not understood.
pub(super) fn application<'a>(spec: &YamlNode, path: &str) -> Vec<FoundTemplate<'a>> {
    let of_role = |role: &str, pods: i64| pods_of(spec, role, path, pods);
    match (of_role("driver", 1), of_role("executor", executors(spec))) {
        (Some(driver), Some(executors)) => vec![driver, executors],
        _ => Vec::new(),
    }
}

/// Returns how many executors there are at first: with dynamic allocation the largest of the
/// numbers that are stated.
fn executors(spec: &YamlNode) -> i64 {
    let written = spec.get("executor").and_then(|executor| integer(executor, "instances"));
    match spec.get("dynamicAllocation").filter(|dynamic| is_true(dynamic.get("enabled"))) {
        Some(dynamic) => {
            let numbers = ["initialExecutors", "minExecutors"].into_iter().filter_map(|key| integer(dynamic, key));
            numbers.chain(written).max().unwrap_or(0)
        }
        None => written.unwrap_or(1),
    }
}

fn pods_of<'a>(spec: &YamlNode, role: &str, path: &str, pods: i64) -> Option<FoundTemplate<'a>> {
    let empty = made::map(spec.line, Vec::new());
    let own = spec.get(role).unwrap_or(&empty);
    let line = own.line;
    let cpu = own.get("coreRequest").or_else(|| own.get("cores")).map_or_else(|| Some("1".to_owned()), scalar)?;
    let beside = if role == "executor" { beside_the_heap(spec)? } else { 0.0 };
    let memory = made::text(line, &format!("{}Mi", memory(spec, own, beside)?));
    let mut resources = vec![("requests", made::map(line, vec![("cpu", made::text(line, &cpu)), ("memory", memory)]))];
    if let Some(gpu) = own.get("gpu") {
        let name = gpu.get("name").and_then(YamlNode::text)?;
        let limits = made::map(line, vec![(name, gpu.get("quantity")?.clone())]);
        resources.push(("limits", limits));
    }
    let container = vec![("name", made::text(line, "spark")), ("resources", made::map(line, resources))];
    let fields = vec![("containers", made::list(line, vec![made::map(line, container)]))];
    let in_template = own.at(&["template", "spec"]).unwrap_or(&empty);
    Some(made::template((role, format!("{path}.{role}")), pods, line, fields, &[own, in_template, spec]))
}

/// Returns the memory outside the heap that only executors request, in MiB.
fn beside_the_heap(spec: &YamlNode) -> Option<f64> {
    let setting = |key: &str| spec.get("sparkConf").and_then(|settings| settings.get(key));
    let amount = |key: &str, plain: f64| setting(key).map_or(Some(0.0), |stated| amount(&scalar(stated)?, plain));
    let is_off_heap = setting("spark.memory.offHeap.enabled").and_then(YamlNode::text) == Some("true");
    let off_heap = if is_off_heap { amount("spark.memory.offHeap.size", 1.0 / MEBIBYTE)? } else { 0.0 };
    Some(off_heap + amount("spark.executor.pyspark.memory", 1.0)?)
}

/// Returns the memory that a pod requests, in MiB.
fn memory(spec: &YamlNode, own: &YamlNode, beside_the_heap: f64) -> Option<i64> {
    let heap = mebibytes(&own.get("memory").map_or_else(|| Some(USUAL_MEMORY.to_owned()), scalar)?)?;
    let beside = if let Some(stated) = own.get("memoryOverhead") {
        mebibytes(&scalar(stated)?)?
    } else {
        let is_outside = matches!(spec.get("type").and_then(YamlNode::text), Some("Python" | "R"));
        let usual = if is_outside { OVERHEAD_OUTSIDE_THE_JVM } else { OVERHEAD };
        let factor = spec.get("memoryOverheadFactor").map_or(Some(usual), |stated| scalar(stated)?.parse().ok())?;
        (heap * factor).max(LEAST_OVERHEAD)
    };
    let whole = (heap + beside + beside_the_heap).ceil();
    #[expect(clippy::cast_possible_truncation, reason = "the amount is within the range that is checked here")]
    (0.0..1e12).contains(&whole).then_some(whole as i64)
}

/// Reads an amount of memory as a JVM writes it, in MiB: `512m`, `4g`; one without a unit is in
/// MiB.
fn mebibytes(text: &str) -> Option<f64> {
    amount(text, 1.0)
}

/// Reads an amount of memory; `plain` is the unit of one that is written without, in MiB.
fn amount(text: &str, plain: f64) -> Option<f64> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" => plain,
        "b" => 1.0 / MEBIBYTE,
        "m" | "mb" | "mi" => 1.0,
        "k" | "kb" | "ki" => 1.0 / 1024.0,
        "g" | "gb" | "gi" => 1024.0,
        "t" | "tb" | "ti" => 1024.0 * 1024.0,
        _ => return None,
    };
    digits.trim_end().parse::<f64>().ok().map(|number| number * factor)
}

fn scalar(node: &YamlNode) -> Option<String> {
    match &node.value {
        YamlValue::Number(number) => Some(number.to_string()),
        YamlValue::Text(text) => Some(text.clone()),
        YamlValue::Null | YamlValue::Bool(_) | YamlValue::List(_) | YamlValue::Map(_) => None,
    }
}

fn is_true(node: Option<&YamlNode>) -> bool {
    node.is_some_and(|node| node.value == YamlValue::Bool(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_written_as_for_a_jvm() {
        for (text, expected) in [
            ("512m", Some(512.0)),
            ("2g", Some(2048.0)),
            ("4G", Some(4096.0)),
            ("1024", Some(1024.0)),
            ("2048k", Some(2.0)),
            ("some", None),
        ] {
            assert_eq!(mebibytes(text), expected, "{text}");
        }
    }

    #[test]
    fn dynamic_allocation_begins_with_the_largest_number() {
        let executors_of = |text: &str| executors(&serde_saphyr::from_str(text).expect("YAML"));
        for (text, expected) in [
            ("{}", 1),
            ("{executor: {instances: 3}}", 3),
            ("{executor: {instances: 3}, dynamicAllocation: {enabled: true, initialExecutors: 5, minExecutors: 2}}", 5),
            ("{dynamicAllocation: {enabled: true, maxExecutors: 9}}", 0),
            ("{executor: {instances: 3}, dynamicAllocation: {enabled: false, minExecutors: 9}}", 3),
        ] {
            assert_eq!(executors_of(text), expected, "{text}");
        }
    }

    #[test]
    fn memory_off_the_heap_is_the_executors_own() {
        let beside = |text: &str| beside_the_heap(&serde_saphyr::from_str(text).expect("YAML"));
        let off_heap =
            "{spark.memory.offHeap.enabled: \"true\", spark.memory.offHeap.size: 2g, spark.executor.pyspark.memory: 100m}";
        assert_eq!(beside(&format!("{{sparkConf: {off_heap}}}")), Some(2148.0));
        assert_eq!(beside("{sparkConf: {spark.memory.offHeap.size: 2g}}"), Some(0.0));
        assert_eq!(beside("{}"), Some(0.0));
    }
}
