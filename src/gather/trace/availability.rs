//! When spot instances were to be had, as the files of skypilot-org/spot-traces have it ("Can't Be
//! Late: Optimizing Spot Instance Savings under Deadlines", NSDI 24): `data` has the number of
//! instances that were there at each tick, `metadata.gap_seconds` the time between two ticks.
//!
//! While the number is 0, launches fail, and the spot instances that are there at its begin are
//! taken back. What a number above 0 means depends on how many were tried, which the file does not
//! hold: it keeps nothing from being launched.

use std::path::Path;

use super::TraceReader;
use super::error::TraceLineProblem;
use super::line::AvailabilityLine;
use crate::duration::Seconds;
use crate::gather::document::{ByteSize, InputDocument, read_document};
use crate::snapshot::Market;
use crate::trace::{Outage, Reclaim};

/// Two months of a zone have 60 KiB.
const LARGEST: ByteSize = ByteSize(1 << 26);

/// A file, of which other fields are for people.
#[derive(serde::Deserialize)]
struct Availability {
    metadata: AvailabilityTicks,
    data: Vec<u32>,
}

#[derive(serde::Deserialize)]
struct AvailabilityTicks {
    gap_seconds: u64,
}

impl TraceReader<'_> {
    /// Adds the times at which no spot instance was to be had.
    pub(super) fn availability(&mut self, line: &AvailabilityLine) -> Result<(), TraceLineProblem> {
        let about = &line.availability;
        for (from, until) in read(&self.beside(&about.file)?)? {
            let at = |time: Seconds| Seconds(line.at.0.0.saturating_add(time.0));
            let (region, group, zone) = (about.region.clone(), about.group.clone(), about.zone.clone());
            let outage = Outage { region, group, zone, from: at(from), until: at(until) };
            self.trace.reclaims.push(Reclaim {
                at: outage.from,
                region: outage.region.clone(),
                group: outage.group.clone(),
                zone: outage.zone.clone(),
                market: Some(Market::Spot),
                ..Reclaim::default()
            });
            self.trace.outages.push(outage);
        }
        Ok(())
    }
}

/// Returns from when until when no instance was there.
fn read(path: &Path) -> Result<Vec<(Seconds, Seconds)>, TraceLineProblem> {
    let InputDocument { file, bytes } = read_document(path, LARGEST)?;
    let wrong = |problem: String| TraceLineProblem::WrongFile { file: file.clone(), problem };
    let read: Availability = serde_json::from_slice(&bytes).map_err(|error| {
        wrong(format!("{error}; a file of availability has metadata.gap_seconds and data, a list of numbers"))
    })?;
    let gap = read.metadata.gap_seconds;
    if gap == 0 {
        return Err(wrong("metadata.gap_seconds is 0; write the seconds between two numbers of data".to_owned()));
    }
    let mut without: Vec<(Seconds, Seconds)> = Vec::new();
    for (tick, _) in (0_u64..).zip(&read.data).filter(|(_, number)| **number == 0) {
        let (from, until) = (Seconds(tick * gap), Seconds((tick + 1) * gap));
        match without.last_mut() {
            Some((_, end)) if *end == from => *end = until,
            _ => without.push((from, until)),
        }
    }
    Ok(without)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made up in the form of the files of skypilot-org/spot-traces.
    const FILE: &str = r#"{"metadata": {"gap_seconds": 300}, "data": [0, 1, 1, 0, 0, 16, 0]}"#;

    fn read_text(text: &str) -> Result<Vec<(u64, u64)>, String> {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("spot.json");
        std::fs::write(&path, text).expect("a file");
        let named = format!("{}/", folder.path().display());
        let read = read(&path).map_err(|problem| problem.to_string().replace(&named, ""))?;
        Ok(read.into_iter().map(|(from, until)| (from.0, until.0)).collect())
    }

    #[test]
    fn a_row_of_zeros_is_one_time_without_instances() {
        assert_eq!(read_text(FILE), Ok(vec![(0, 300), (900, 1500), (1800, 2100)]));
    }

    #[test]
    fn what_is_no_such_file_is_named() {
        let error = read_text(r#"{"data": []}"#).expect_err("a mistake");
        assert!(error.starts_with("spot.json: missing field `metadata`") && error.contains("gap_seconds"), "{error}");
        assert!(read_text(&FILE.replace("300", "0")).expect_err("a mistake").contains("gap_seconds is 0"));
    }

    #[test]
    fn launches_fail_and_spot_instances_go_where_the_line_names() {
        let folder = tempfile::tempdir().expect("a directory");
        std::fs::write(folder.path().join("spot.json"), FILE).expect("a file");
        let lines = [
            r#"{"class":"c","spec":{"containers":[{"name":"c"}]}}"#,
            r#"{"at":0,"name":"a","class":"c","duration":1}"#,
            r#"{"at":"1h","availability":{"file":"spot.json","group":"g","zone":"us-west-2b"}}"#,
        ];
        let path = folder.path().join("t.jsonl");
        std::fs::write(&path, lines.join("\n")).expect("a file");
        let trace = super::super::read(&path, &mut Vec::new()).expect("a trace");
        let outage = |from, until| Outage {
            region: None,
            group: Some("g".to_owned()),
            zone: Some("us-west-2b".to_owned()),
            from: Seconds(from),
            until: Seconds(until),
        };
        assert_eq!(trace.outages, [outage(3600, 3900), outage(4500, 5100), outage(5400, 5700)]);
        let reclaims: Vec<_> = trace.reclaims.iter().map(|reclaim| (reclaim.at.0, reclaim.market, reclaim.count)).collect();
        assert_eq!(reclaims, [3600, 4500, 5400].map(|at| (at, Some(Market::Spot), None)));
        assert_eq!(trace.reclaims[0].zone.as_deref(), Some("us-west-2b"));
    }
}
