//! `explain code`: what a code means. It needs no cluster.

use super::{Console, RunError};
use crate::cli::Format;
use crate::did_you_mean::{did_you_mean, near};
use crate::exit::ExitCode;
use crate::plan::codes::{Code, codes};
use crate::render;

/// Prints the codes of that name, or all of them.
///
/// # Errors
/// Wrong usage: when there is no such code, with those most like it.
pub(super) fn run(name: Option<&str>, format: Format, console: &Console) -> anyhow::Result<ExitCode> {
    let mut found = codes();
    if let Some(name) = name {
        if !found.iter().any(|code| code.code == name) {
            return Err(no_such_code(name, &found).into());
        }
        found.retain(|code| code.code == name);
    }
    let text = match (format, name) {
        (Format::Json, _) => render::json(&found),
        (Format::Table, Some(_)) => render::explain_code(&found, console.width, console.colour),
        (Format::Table, None) => render::list_of_codes(&found, console.width, console.colour),
    };
    console.page(&text).map_err(RunError::Output)?;
    Ok(ExitCode::Done)
}

fn no_such_code(name: &str, known: &[Code]) -> RunError {
    let near = near(name, known.iter().map(|code| code.code.clone()));
    let hint = did_you_mean(&near).unwrap_or_else(|| "`ec2-autoscale explain code` lists all of them".to_owned());
    RunError::usage(format!("no code is named {name}"), hint)
}
