//! The pods of a plan in a document: the refusals that pods have in common are written once.
//!
//! Tens of thousands of pods that a hundred groups refuse would otherwise make a document of
//! hundreds of megabytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::ser::SerializeSeq as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{PodReport, PodVerdict, Ruling};
use crate::snapshot::ObjectName;

/// One pod of the list.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Line {
    #[serde(flatten)]
    report: PodReport,
    /// The pod, earlier in the list, whose `refusals` this pod has as well.
    #[serde(default)]
    alike: Option<ObjectName>,
}

/// A pod with the same verdict as an earlier one.
#[derive(Serialize)]
struct AlikeLine<'a> {
    #[serde(flatten)]
    pod: &'a ObjectName,
    code: &'static str,
    alike: &'a ObjectName,
    message: &'a str,
}

/// The code of the only verdict that is long.
const CANNOT_HELP: &str = "cannot-help";

pub(crate) fn serialize<S: Serializer>(pods: &[PodReport], serializer: S) -> Result<S::Ok, S::Error> {
    let mut known: BTreeMap<*const Ruling, &ObjectName> = BTreeMap::new();
    let mut list = serializer.serialize_seq(Some(pods.len()))?;
    for report in pods {
        let is_long = matches!(&report.verdict, PodVerdict::CannotHelp { refusals } if !refusals.is_empty());
        let first = is_long.then(|| *known.entry(Arc::as_ptr(&report.ruling)).or_insert(&report.pod));
        match first.filter(|first| **first != report.pod) {
            None => list.serialize_element(report)?,
            Some(alike) => {
                let line = AlikeLine { pod: &report.pod, code: CANNOT_HELP, alike, message: &report.message };
                list.serialize_element(&line)?;
            }
        }
    }
    list.end()
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PodReport>, D::Error> {
    let mut known: BTreeMap<ObjectName, Arc<Ruling>> = BTreeMap::new();
    let mut pods = Vec::new();
    for Line { mut report, alike } in Vec::<Line>::deserialize(deserializer)? {
        if let Some(alike) = alike {
            let missing =
                || serde::de::Error::custom(format!("{} has the refusals of {alike}, which is not before it", report.pod));
            report.ruling = Arc::clone(known.get(&alike).ok_or_else(missing)?);
        }
        known.insert(report.pod.clone(), Arc::clone(&report.ruling));
        pods.push(report);
    }
    Ok(pods)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::plan::{GroupRefusal, Refusal};
    use crate::snapshot::GroupId;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(transparent)]
    struct List(#[serde(with = "super")] Vec<PodReport>);

    fn report(name: &str, ruling: &Arc<Ruling>) -> PodReport {
        PodReport { pod: ObjectName::new("ml", name), placed: None, ruling: Arc::clone(ruling) }
    }

    fn refused(max: i64) -> Arc<Ruling> {
        let group = GroupId { region: "us-west-2".into(), name: "web".into() };
        let refusals = [GroupRefusal { group, refusal: Refusal::Full { max, planned: 0 } }].into_iter().collect();
        Arc::new(PodVerdict::CannotHelp { refusals }.into())
    }

    #[test]
    fn refusals_are_written_once_and_read_back_for_all() {
        let (full, small) = (refused(3), refused(1));
        let list = List(vec![report("a", &full), report("b", &small), report("c", &full)]);
        let written = serde_json::to_value(&list).expect("plain data");
        assert_eq!(written[0]["refusals"][0]["max"], 3);
        assert_eq!(written[1]["refusals"][0]["max"], 1);
        let alike = json!({ "namespace": "ml", "name": "a" });
        assert_eq!((&written[2]["refusals"], &written[2]["alike"]), (&Value::Null, &alike));
        assert_eq!((&written[2]["code"], &written[2]["message"]), (&written[0]["code"], &written[0]["message"]));
        assert_eq!(serde_json::from_value::<List>(written).expect("what was written"), list);
    }

    #[test]
    fn a_pod_with_the_refusals_of_no_earlier_pod_is_an_error() {
        let lonely = json!([{ "namespace": "ml", "name": "c", "code": "cannot-help", "message": "", "alike": { "namespace": "ml", "name": "a" } }]);
        let error = serde_json::from_value::<List>(lonely).expect_err("no such pod").to_string();
        assert!(error.contains("ml/c has the refusals of ml/a"), "{error}");
    }
}
