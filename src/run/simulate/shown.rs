//! The result of simulations, as it is shown.

use std::path::Path;

use crate::cli::Format;
use crate::render;
use crate::run::{Console, RunError, next_steps, out_file};
use crate::simulate::{Comparison, Report, Sweep};

/// The result.
pub(super) enum Shown {
    One(Box<Report>),
    Several(Box<Comparison>),
    Sweep(Box<Sweep>),
}

impl Shown {
    /// Writes the file of `--html`, and prints.
    pub(super) fn show(
        &self,
        format: Format,
        html: Option<&Path>,
        command_line: &str,
        console: &Console,
    ) -> anyhow::Result<()> {
        if let Some(path) = html {
            out_file::write(path, |out| out.write_all(self.html(command_line).as_bytes()))?;
        }
        console.page(&self.text(format, console)).map_err(RunError::Output)?;
        next_steps::after_html(html, console);
        Ok(())
    }

    fn text(&self, format: Format, console: &Console) -> String {
        match (self, format) {
            (Self::One(report), Format::Table) => render::simulation(report, console.width, console.colour),
            (Self::Several(comparison), Format::Table) => render::comparison(comparison, console.width, console.colour),
            // A part is for `simulate merge`.
            (Self::Sweep(sweep), Format::Table) if sweep.part.is_none() => render::sweep(sweep, console.width, console.colour),
            (Self::One(report), Format::Json) => render::json(report),
            (Self::Several(comparison), Format::Json) => render::json(comparison),
            (Self::Sweep(sweep), Format::Json | Format::Table) => render::json(sweep),
        }
    }

    fn html(&self, command_line: &str) -> String {
        match self {
            Self::One(report) => render::simulation_html(report, command_line),
            Self::Several(comparison) => render::comparison_html(comparison, command_line),
            Self::Sweep(sweep) => render::sweep_html(sweep, command_line),
        }
    }
}
