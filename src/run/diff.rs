//! `diff`: compares two saved plans. It reads nothing else.

use std::path::Path;

use super::saved::Saved;
use super::{Console, RunError};
use crate::cli::{DiffCommand, Format};
use crate::exit::ExitCode;
use crate::plan::PlanDifference;
use crate::render::{self, TableStyle};

pub(super) fn run(command: &DiffCommand, console: &Console) -> anyhow::Result<ExitCode> {
    let DiffCommand { a, b, format, rows, detailed_exitcode } = command;
    if [a, b].iter().all(|path| path.as_path() == Path::new("-")) {
        let message = "both plans are to come from standard input, which is one";
        return Err(RunError::usage(message, "write one of them to a file").into());
    }
    let (a, b) = (Saved::read(a)?, Saved::read(b)?);
    let difference = PlanDifference::between(a.plan(), b.plan());
    let printed = match format.output {
        Format::Json => console.stream(|out| render::write_json(out, &difference)),
        Format::Table => {
            let [of_a, of_b] = [&a, &b].map(|saved| render::summary(saved.plan()));
            let style = TableStyle { width: console.width, colour: console.colour, all: rows.all, each_pod: rows.all };
            console.page(&render::difference(&difference, [&of_a, &of_b], style))
        }
    };
    printed.map_err(RunError::Output)?;
    let differs = *detailed_exitcode && !difference.is_empty();
    Ok(if differs { ExitCode::Changes } else { ExitCode::Done })
}
