//! `show`: prints a saved plan as it was printed when it was made. It reads nothing else.

use super::saved::Saved;
use super::{Console, RunError};
use crate::cli::{PlanFormat, ShowCommand};
use crate::exit::ExitCode;
use crate::plan::Plan;
use crate::render::{self, TableStyle};

pub(super) fn run(command: &ShowCommand, console: &Console) -> anyhow::Result<ExitCode> {
    let saved = Saved::read(&command.plan)?;
    print(saved.plan(), command.format.output, command.rows.all, console).map_err(RunError::Output)?;
    Ok(ExitCode::Done)
}

fn print(plan: &Plan, format: PlanFormat, all: bool, console: &Console) -> std::io::Result<()> {
    match format {
        PlanFormat::Table => {
            console.page(&render::table(plan, TableStyle { width: console.width, colour: console.colour, all, each_pod: all }))
        }
        PlanFormat::Json => console.stream(|out| render::write_json(out, plan)),
        PlanFormat::Markdown => console.page(&render::markdown(plan, all)),
    }
}
