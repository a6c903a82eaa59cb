//! Jobs as Gavel's traces have them (`scheduler/traces` of stanford-futuredata/gavel), among them
//! those of Microsoft's Philly clusters.
//!
//! A job is a line of seven fields between tabs: its type, its command, the name of an argument,
//! whether it needs data, its steps, when it comes in seconds, and how many GPUs it needs at the
//! same time. How long it runs follows from Gavel's table of steps per second, by the type of
//! machine, the type of job and the number of GPUs.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::error::TraceLineProblem;
use crate::duration::Seconds;
use crate::gather::document::{ByteSize, InputDocument, read_document};

/// Gavel's own table has 6 MiB.
const LARGEST: ByteSize = ByteSize(1 << 28);

/// The jobs of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GavelJobs {
    pub(super) jobs: Vec<GavelJob>,
    /// The table has no speed for the number of GPUs of so many of them: theirs is that of one GPU
    /// times the number.
    pub(super) estimated: u32,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GavelJob {
    /// Its line in the file.
    pub(super) line: u64,
    pub(super) at: Seconds,
    pub(super) gpus: u32,
    pub(super) duration: Seconds,
}

/// Reads the jobs of a file, which run on machines of a type of the table.
///
/// # Errors
/// When a file can't be read, the table has no such machines, or a line is no job.
pub(super) fn read(jobs: &Path, table: &Path, machines: &str) -> Result<GavelJobs, TraceLineProblem> {
    let table = Speeds::read(table, machines)?;
    let InputDocument { file, bytes } = read_document(jobs, LARGEST)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut read = GavelJobs { jobs: Vec::new(), estimated: 0 };
    for (text, line) in text.lines().zip(1..).filter(|(text, _)| !text.trim().is_empty()) {
        let (job, is_estimated) =
            job(text, line, &table).map_err(|problem| TraceLineProblem::LineOfFile { file: file.clone(), line, problem })?;
        read.estimated += u32::from(is_estimated);
        read.jobs.push(job);
    }
    Ok(read)
}

/// Returns the job of a line, and whether its speed is an estimate.
fn job(text: &str, line: u64, table: &Speeds) -> Result<(GavelJob, bool), String> {
    let fields: Vec<&str> = text.split('\t').collect();
    let [kind, _, _, _, steps, at, gpus] = fields[..] else {
        return Err(format!("{} fields between tabs, and a job has 7; check that it is a trace of Gavel", fields.len()));
    };
    let amount = |name: &str, text: &str| {
        let found = text.trim().parse::<f64>().ok().filter(|amount| amount.is_finite() && *amount >= 0.0);
        found.ok_or_else(|| format!("its {name} {text:?} are no amount; write a number from 0 on"))
    };
    let count = gpus.trim().parse::<u32>().ok().filter(|count| (1..=150_000).contains(count));
    let gpus = count.ok_or_else(|| format!("its GPUs {gpus:?} are no number from 1 to 150000; write one"))?;
    let (speed, is_estimated) = table.of(kind, gpus).ok_or_else(|| {
        format!("the table has no speed of {kind:?} on {} of {gpus} GPUs nor of one; add it there", table.machines)
    })?;
    let whole = |seconds: f64| {
        let span = Duration::try_from_secs_f64(seconds).map_err(|error| format!("it takes {seconds} s: {error}"))?;
        Ok::<_, String>(Seconds(span.as_secs() + u64::from(span.subsec_nanos() > 0)))
    };
    let at = whole(amount("seconds", at)?.floor())?;
    let duration = whole(amount("steps", steps)? / speed)?.max(Seconds(1));
    Ok((GavelJob { line, at, gpus, duration }, is_estimated))
}

/// Steps per second on one type of machine, by the type of job and the number of GPUs.
struct Speeds {
    machines: String,
    by_job: BTreeMap<String, Speed>,
}

/// The speed of a job beside others, and alone.
#[derive(serde::Deserialize)]
struct Speed {
    #[serde(rename = "null")]
    alone: f64,
}

impl Speeds {
    fn read(path: &Path, machines: &str) -> Result<Self, TraceLineProblem> {
        let InputDocument { file, bytes } = read_document(path, LARGEST)?;
        let wrong = |problem: String| TraceLineProblem::WrongFile { file: file.clone(), problem };
        let mut all: BTreeMap<String, BTreeMap<String, Speed>> =
            serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
        let Some(by_job) = all.remove(machines) else {
            let known: Vec<String> = all.into_keys().collect();
            return Err(wrong(format!("it has no machines {machines:?}; write one of {}", known.join(", "))));
        };
        Ok(Self { machines: machines.to_owned(), by_job })
    }

    /// Returns the speed of a job, and whether that is an estimate by the speed on one GPU.
    fn of(&self, kind: &str, gpus: u32) -> Option<(f64, bool)> {
        let known = |gpus: u32| {
            let speed = self.by_job.get(&format!("('{kind}', {gpus})"))?.alone;
            (speed > 0.0).then_some(speed)
        };
        known(gpus).map(|speed| (speed, false)).or_else(|| Some((known(1)? * f64::from(gpus), true)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = r#"{"v100": {
        "('ResNet', 1)": {"null": 4.0, "('ResNet', 1)": [2.0, 2.0]}, "('ResNet', 8)": {"null": 20.0},
        "('LM', 1)": {"null": 0.5}, "('LM', 4)": {"null": 0.0}}, "k80": {}}"#;

    fn read_texts(jobs: &str, machines: &str) -> Result<GavelJobs, String> {
        let folder = tempfile::tempdir().expect("a directory");
        let (trace, table) = (folder.path().join("a.trace"), folder.path().join("speeds.json"));
        std::fs::write(&trace, jobs).expect("a written file");
        std::fs::write(&table, TABLE).expect("a written file");
        let named = folder.path().display().to_string();
        read(&trace, &table, machines).map_err(|problem| problem.to_string().replace(&named, ""))
    }

    #[test]
    fn a_job_takes_its_steps_at_the_speed_of_its_gpus() {
        let jobs = "ResNet\tcd x\t-n\t1\t101\t0.000000\t8\nLM\tcd y\t-n\t0\t10\t60.5\t4\nResNet\tcd x\t-n\t1\t0\t61\t1\n";
        let job = |line, at, gpus, seconds| GavelJob { line, at: Seconds(at), gpus, duration: Seconds(seconds) };
        // 101 ÷ 20; 10 ÷ (0.5 · 4), since the table has no speed of four; no less than a second.
        let expected = GavelJobs { jobs: vec![job(1, 0, 8, 6), job(2, 60, 4, 5), job(3, 61, 1, 1)], estimated: 1 };
        assert_eq!(read_texts(jobs, "v100"), Ok(expected));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (jobs, machines, expected) in [
            ("", "a100", "/speeds.json: it has no machines \"a100\"; write one of k80, v100"),
            ("a b c", "v100", "/a.trace:1: 1 fields between tabs, and a job has 7; check that it is a trace of Gavel"),
            (
                "\nX\tcd\t-n\t1\t5\t0\t2",
                "v100",
                "/a.trace:2: the table has no speed of \"X\" on v100 of 2 GPUs nor of one; add it there",
            ),
            ("LM\tcd\t-n\t1\tmany\t0\t1", "v100", "/a.trace:1: its steps \"many\" are no amount; write a number from 0 on"),
            ("LM\tcd\t-n\t1\t5\t0\t0", "v100", "/a.trace:1: its GPUs \"0\" are no number from 1 to 150000; write one"),
        ] {
            assert_eq!(read_texts(jobs, machines).expect_err("a mistake"), expected);
        }
    }
}
