//! `--replicas`: other numbers of pods than those of the manifests.

use std::fmt;
use std::str::FromStr;

use super::{ManifestError, Manifests, Workload, WorkloadKind};

/// `NAME=N` or `KIND/NAME=N`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaCount {
    kind: Option<String>,
    name: String,
    pods: u32,
}

/// A text that is no such count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no number of pods; write NAME=N or KIND/NAME=N, such as train=12 or job/train=12")]
pub struct ReplicaCountError(String);

/// A count that fits no object.
#[derive(Debug, thiserror::Error)]
pub enum ReplicasError {
    /// There is no such object.
    #[error("--replicas {count}: there is no such object; there {}", those(.there))]
    Unknown {
        /// What was given.
        count: ReplicaCount,
        /// The objects that have pods.
        there: Vec<String>,
    },
    /// Several objects have the name.
    #[error("--replicas {count}: that are {}; write KIND/NAME=N, or leave the others out", .these.join(", "))]
    Ambiguous {
        /// What was given.
        count: ReplicaCount,
        /// The objects.
        these: Vec<String>,
    },
    /// An object has several kinds of pods.
    #[error("--replicas {count}: {object} has several kinds of pods, each with its own number; change its manifest")]
    SeveralKinds {
        /// What was given.
        count: ReplicaCount,
        /// The object.
        object: String,
    },
    /// There are more pods than any cluster has.
    #[error(transparent)]
    TooMany(#[from] ManifestError),
}

fn those(there: &[String]) -> String {
    match there {
        [] => "are none with pods".to_owned(),
        [one] => format!("is {one}"),
        more => format!("are {}", more.join(", ")),
    }
}

impl FromStr for ReplicaCount {
    type Err = ReplicaCountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (object, pods) = text.rsplit_once('=')?;
            let (kind, name) = object.split_once('/').map_or((None, object), |(kind, name)| (Some(kind.to_owned()), name));
            let is_named = !name.is_empty() && kind.as_ref().is_none_or(|kind| !kind.is_empty());
            Some(Self { kind, name: name.to_owned(), pods: pods.parse().ok()? }).filter(|_| is_named)
        };
        read().ok_or_else(|| ReplicaCountError(text.to_owned()))
    }
}

impl fmt::Display for ReplicaCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(kind) = &self.kind {
            write!(f, "{kind}/")?;
        }
        write!(f, "{}={}", self.name, self.pods)
    }
}

impl ReplicaCount {
    fn means(&self, workload: &Workload) -> bool {
        let is_kind = |kind: &String| kind.eq_ignore_ascii_case(&workload.kind.to_string());
        workload.name == self.name && self.kind.as_ref().is_none_or(is_kind)
    }
}

impl Manifests {
    /// Gives objects other numbers of pods.
    ///
    /// # Errors
    /// When an object does not exist, or several have the name.
    pub fn scale(&mut self, counts: &[ReplicaCount]) -> Result<(), ReplicasError> {
        for count in counts {
            let meant: Vec<usize> = (0..self.workloads.len()).filter(|at| count.means(&self.workloads[*at])).collect();
            let described = |workloads: &[Workload]| workloads.iter().map(Workload::described).collect();
            let at = match meant.as_slice() {
                [] => return Err(ReplicasError::Unknown { count: count.clone(), there: described(&self.workloads) }),
                [one] => *one,
                more => {
                    let these = more.iter().map(|at| self.workloads[*at].described()).collect();
                    return Err(ReplicasError::Ambiguous { count: count.clone(), these });
                }
            };
            let workload = &mut self.workloads[at];
            if workload.kind == WorkloadKind::JobSet || workload.parts.len() > 1 {
                return Err(ReplicasError::SeveralKinds { count: count.clone(), object: workload.described() });
            }
            workload.scale_to(count.pods);
            workload.check_size()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gather::manifests::read_text;

    #[test]
    fn what_is_written_is_what_the_flag_was() {
        for text in ["train=12", "Job/train=0", "a=b=3"] {
            assert_eq!(text.parse::<ReplicaCount>().expect("a count").to_string(), text);
        }
        for text in ["", "train", "train=", "=3", "train=-1", "/train=1", "job/=1", "train=1.5"] {
            assert!(text.parse::<ReplicaCount>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_object_is_meant_by_its_name_or_kind_and_name() {
        let object = |kind: &str, name: &str| {
            format!(
                "---\napiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {{template: {{spec: {{containers: [{{name: c}}]}}}}}}\n"
            )
        };
        let text = [object("Deployment", "web"), object("StatefulSet", "web"), object("Deployment", "db")].concat();
        let scaled = |count: &str| {
            let mut manifests = read_text("m.yaml", &text).expect("manifests");
            let counts = [count.parse().expect("a count")];
            manifests.scale(&counts).map_err(|error| error.to_string())?;
            Ok::<_, String>(manifests.workloads.iter().map(Workload::pods_at_a_time).collect::<Vec<_>>())
        };
        assert_eq!(scaled("db=5"), Ok(vec![1, 1, 5]));
        assert_eq!(scaled("statefulset/web=0"), Ok(vec![1, 0, 1]));
        assert_eq!(
            scaled("web=2").expect_err("two"),
            "--replicas web=2: that are Deployment default/web, StatefulSet default/web; write KIND/NAME=N, or leave the others out"
        );
        assert_eq!(
            scaled("job/db=2").expect_err("none"),
            "--replicas job/db=2: there is no such object; there are Deployment default/web, StatefulSet default/web, Deployment default/db"
        );
        assert!(scaled("db=150001").expect_err("too many").contains("150001 pods at a time"));
    }
}
