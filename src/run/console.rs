//! The standard streams, and the form of output on each.

use std::ffi::OsString;
use std::io::{self, BufWriter, IsTerminal, Write};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Failure, Pager};
use crate::cli::{CalledAs, Cli, LogFormat};
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
    /// How the program was called, for command lines in notes and errors.
    pub program: CalledAs,
    /// What shows long output; `None` where nobody looks or nothing is to be in the way.
    pub pager: Option<Pager>,
    /// Who reads notes and errors.
    pub note_reader: NoteReader,
}

/// Who reads standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteReader {
    /// A person at a terminal, to whom next steps are of use.
    Person,
    /// A file, a log, another program.
    Program,
}

/// What the command line states about output, before or after it is parsed.
struct OutputWishes {
    log_format: LogFormat,
    is_verbose: bool,
    no_color: bool,
    no_pager: bool,
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
    pub fn new(cli: &Cli, program: CalledAs, clock: fn() -> Timestamp, variable: impl Fn(&str) -> Option<String>) -> Self {
        let wanted = OutputWishes {
            log_format: cli.log_format(),
            is_verbose: cli.verbose > 0,
            no_color: cli.no_color,
            no_pager: cli.no_pager,
        };
        Self::at_terminals(&wanted, program, clock, variable)
    }

    /// Returns the streams for help and for errors of the command line, which is not parsed then.
    #[must_use]
    pub fn for_help(
        arguments: &[OsString],
        program: CalledAs,
        clock: fn() -> Timestamp,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
        let wanted = OutputWishes {
            log_format: LogFormat::Text,
            is_verbose: false,
            no_color: has("--no-color"),
            no_pager: has("--no-pager"),
        };
        Self::at_terminals(&wanted, program, clock, variable)
    }

    fn at_terminals(
        wanted: &OutputWishes,
        program: CalledAs,
        clock: fn() -> Timestamp,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let OutputWishes { log_format, is_verbose, no_color, no_pager } = *wanted;
        let stderr_is_terminal = io::stderr().is_terminal();
        let stdout_is_terminal = io::stdout().is_terminal();
        let colour = !no_color && may_colour(&variable);
        let is_read = stderr_is_terminal && log_format == LogFormat::Text;
        Self {
            person: Person::at(io::stdin().is_terminal(), stderr_is_terminal),
            width: stdout_is_terminal.then(terminal_width),
            colour: colour && stdout_is_terminal,
            log_colour: colour && stderr_is_terminal,
            progress: is_read && !is_verbose,
            log_format,
            clock,
            program,
            pager: if stdout_is_terminal && !no_pager { Pager::of_environment(variable) } else { None },
            note_reader: if is_read { NoteReader::Person } else { NoteReader::Program },
        }
    }

    /// Returns the same streams without a pager, for commands that change something.
    #[must_use]
    pub fn without_pager(&self) -> Self {
        Self { pager: None, ..self.clone() }
    }

    /// Writes a finished page for people to standard output, in the pager where there is one.
    ///
    /// # Errors
    /// As [`Console::print`]. A person who does not read to the end is none.
    pub fn page(&self, text: &str) -> io::Result<()> {
        match &self.pager {
            Some(pager) => pager.show(|out| out.write_all(text.as_bytes())),
            None => self.print(text),
        }
    }

    /// Writes what a person may do next to standard error, where one reads it.
    pub fn next_step(&self, line: &str) {
        if self.note_reader == NoteReader::Person {
            self.note(line);
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
            LogFormat::Text => self.line(&escaped(&self.program.in_text(line))),
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
                self.line(&escaped(&self.program.in_text(&format!("error: {message}"))));
                for line in details {
                    self.line(&escaped(&self.program.in_text(line)));
                }
                if let Some(hint) = hint {
                    self.line(&escaped(&self.program.in_text(&format!("hint: {hint}"))));
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
