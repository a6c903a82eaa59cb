//! Sweeps, and parts of them that are put together.

use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::Context;

use super::shown::Shown;
use super::start::Start;
use super::trial::{Trial, all_cores, all_reports};
use crate::cli::{ComparedFlags, MergeCommand, SimulateCommand};
use crate::exit::ExitCode;
use crate::gather::document::{ByteSize, InputDocument, read_document};
use crate::run::progress::Spinner;
use crate::run::{Console, RunError};
use crate::simulate::Sweep;
use crate::simulate::report::{SweepAxis, SweepPoint, values_at};

/// The largest part that is read: 10,000 points have about 20 MiB.
const LARGEST: ByteSize = ByteSize(256 << 20);

/// Simulates the points of a sweep.
pub(super) fn swept(
    command: &SimulateCommand,
    axes: &[SweepAxis],
    points: &[(u32, ComparedFlags)],
    (trials, start): (&[Trial], &Start),
    console: &Console,
) -> Sweep {
    let spinner = Spinner::new(console.progress);
    let made = all_reports(trials, start, &spinner, all_cores(), |number, report| {
        let (place, _) = &points[number];
        SweepPoint::new(*place, values_at(axes, *place), &report)
    });
    Sweep::new(fingerprint(command, axes, start), start.snapshot.taken_at, axes.to_vec(), command.shard, made)
}

/// Returns a number by which parts of one sweep are known, as long as one version makes them.
fn fingerprint(command: &SimulateCommand, axes: &[SweepAxis], start: &Start) -> String {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    let base = Trial::new(&command.policy, &command.world);
    let mut snapshot = Vec::new();
    start.snapshot.write_json(&mut snapshot).expect("memory takes everything");
    snapshot.hash(&mut hasher);
    let parts = [
        format!("{:?}", start.trace),
        serde_json::to_string(&base.policy.base).unwrap_or_default(),
        serde_json::to_string(&base.settings).unwrap_or_default(),
        serde_json::to_string(axes).unwrap_or_default(),
    ];
    parts.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Puts the parts of a sweep together.
pub(super) fn merge(command: &MergeCommand, command_line: &str, console: &Console) -> anyhow::Result<ExitCode> {
    let mut parts = Vec::with_capacity(command.parts.len());
    for path in &command.parts {
        let InputDocument { file, bytes } = read_document(path, LARGEST)?;
        let part: Sweep = serde_json::from_slice(&bytes)
            .with_context(|| format!("{file} is no part of a sweep; simulate --sweep … --shard I/N prints one"))?;
        parts.push(part);
    }
    let merged = Sweep::merged(parts).map_err(|error| {
        let files: Vec<String> =
            (1..).zip(&command.parts).map(|(place, path)| format!("{place} is {}", path.display())).collect();
        RunError::usage(error.to_string(), format!("of the documents {}", files.join(", ")))
    })?;
    Shown::Sweep(Box::new(merged)).show(command.format.output, command.html.as_deref(), command_line, console)?;
    Ok(ExitCode::Done)
}
