//! The standard streams, and the form of output on each.

use std::io::{self, BufWriter, IsTerminal, Write};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Failure;
use crate::cli::{Cli, LogFormat};
use crate::plain_text::{JsonWriter, escaped};

/// The three standard streams.
#[derive(Debug, Clone)]
pub struct Console {
    /// Whether a person can answer a question.
    pub person: Person,
    /// Columns of the table; `None` where it need not be cut, as in a file or a pipe.
    pub width: Option<u16>,
    /// Whether tables are coloured.
    pub colour: bool,
    /// Whether log lines are coloured.
    pub log_colour: bool,
    /// Whether a line of progress is shown: not among log lines, nor where nobody looks.
    pub progress: bool,
    /// How notes and errors are written.
    pub log_format: LogFormat,
    /// The clock, for notes and errors in JSON.
    pub clock: fn() -> Timestamp,
}

/// Whether a person can answer a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Person {
    /// Standard input is no terminal: a CronJob, a script.
    Absent,
    /// Standard input is a terminal, and so is standard error, where the question goes.
    Reachable,
    /// Standard input is a terminal, but the question would go where nobody sees it.
    Unreachable,
}

impl Person {
    fn at(stdin_is_terminal: bool, stderr_is_terminal: bool) -> Self {
        match (stdin_is_terminal, stderr_is_terminal) {
            (false, _) => Self::Absent,
            (true, true) => Self::Reachable,
            (true, false) => Self::Unreachable,
        }
    }
}

/// The columns of a terminal that does not report them.
const USUAL_WIDTH: u16 = 80;

impl Console {
    /// Returns the streams that this process was started with.
    #[must_use]
    pub fn new(cli: &Cli, clock: fn() -> Timestamp, variable: impl Fn(&str) -> Option<String>) -> Self {
        let stderr_is_terminal = io::stderr().is_terminal();
        let stdout_is_terminal = io::stdout().is_terminal();
        let wanted = !cli.no_color && may_colour(variable);
        Self {
            person: Person::at(io::stdin().is_terminal(), stderr_is_terminal),
            width: stdout_is_terminal.then(terminal_width),
            colour: wanted && stdout_is_terminal,
            log_colour: wanted && stderr_is_terminal,
            progress: stderr_is_terminal && cli.verbose == 0 && cli.log_format() == LogFormat::Text,
            log_format: cli.log_format(),
            clock,
        }
    }

    /// Writes a finished page to standard output, and returns when all of it is out. Texts of
    /// others were escaped when the page was made: here they cannot be separated from the page's
    /// own line breaks and colours.
    ///
    /// # Errors
    /// When standard output cannot be written, as when its reader went away.
    pub fn print(&self, text: &str) -> io::Result<()> {
        self.stream(|out| out.write_all(text.as_bytes()))
    }

    /// Lets something large be written to standard output piece by piece.
    ///
    /// # Errors
    /// As [`Console::print`].
    pub fn stream(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let mut out = BufWriter::new(io::stdout().lock());
        write(&mut out)?;
        out.flush()
    }

    /// Writes a line to standard error, however many line breaks others put into it. When even that
    /// is closed, nobody is left to read it.
    pub fn note(&self, line: &str) {
        match self.log_format {
            LogFormat::Text => self.line(&escaped(line)),
            LogFormat::Json => self.record("INFO", &json!({ "message": line.trim_start_matches("note: ") })),
        }
    }

    /// Writes a finished page to standard error, where standard output is kept for the JSON
    /// document.
    pub fn print_aside(&self, page: &str) {
        match self.log_format {
            LogFormat::Text => self.line(page.trim_end()),
            LogFormat::Json => self.record("INFO", &json!({ "message": page.trim_end() })),
        }
    }

    /// Writes why a command did nothing usable, and the way out.
    pub fn fail(&self, failure: &Failure) {
        let Failure { message, details, hint, exit_code } = failure;
        match self.log_format {
            LogFormat::Text => {
                self.line(&escaped(&format!("error: {message}")));
                for line in details {
                    self.line(&escaped(line));
                }
                if let Some(hint) = hint {
                    self.line(&escaped(&format!("hint: {hint}")));
                }
            }
            LogFormat::Json => {
                let details: Vec<String> = details.iter().map(|line| line.trim().to_owned()).collect();
                let mut fields = json!({ "message": message, "exit_code": exit_code.number() });
                if let Some(hint) = hint {
                    fields["hint"] = hint.as_str().into();
                }
                if !details.is_empty() {
                    fields["details"] = details.into();
                }
                self.record("ERROR", &fields);
            }
        }
    }

    #[expect(clippy::unused_self, reason = "standard error is one of its streams")]
    fn line(&self, line: &str) {
        let _ = writeln!(io::stderr(), "{line}");
    }

    fn record(&self, level: &str, fields: &Value) {
        let _ = writeln!(JsonWriter(io::stderr()), "{}", record((self.clock)(), level, fields));
    }

    /// Writes a question to standard error and leaves the cursor behind it.
    pub fn prompt(&self, question: &str) {
        let mut err = io::stderr();
        let _ = write!(err, "{} ", escaped(question)).and_then(|()| err.flush());
    }
}

/// Returns a line of the log in JSON, in the form that `tracing` gives its own.
fn record(at: Timestamp, level: &str, fields: &Value) -> String {
    let timestamp = at.strftime("%FT%T%.6fZ").to_string();
    json!({ "timestamp": timestamp, "level": level, "fields": fields, "target": "ec2_autoscale" }).to_string()
}

/// Whether output may be coloured: `NO_COLOR` (no-color.org: set and not empty) and terminals
/// without colour forbid it.
fn may_colour(variable: impl Fn(&str) -> Option<String>) -> bool {
    let no_color = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = variable("TERM").is_some_and(|value| value == "dumb");
    !no_color && !dumb
}

/// Returns the columns of the terminal. Some terminals, such as those of CI services, report none.
fn terminal_width() -> u16 {
    comfy_table::Table::new().width().filter(|width| *width > 0).unwrap_or(USUAL_WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_follows_the_convention() {
        let variables = |name: &'static str, value: &'static str| move |asked: &str| (asked == name).then(|| value.to_owned());
        assert!(may_colour(|_| None));
        assert!(!may_colour(variables("NO_COLOR", "1")));
        assert!(may_colour(variables("NO_COLOR", "")), "an empty NO_COLOR means nothing");
        assert!(!may_colour(variables("TERM", "dumb")));
        assert!(may_colour(variables("TERM", "xterm-256color")));
    }
}
