//! The pager: shows what is longer than the terminal, by git's rules.

use std::io::{self, BufWriter, Write};
use std::process::{Child, Command, Stdio};

use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};

/// The variable that names the pager of this program alone.
pub(super) const PAGER: &str = "EC2_AUTOSCALE_PAGER";
/// What less does unless its variable says otherwise, as git has it: end at once where the text
/// fits the terminal (F), keep colours (R), and leave the text there when it ends (X).
const LESS: (&str, &str) = ("LESS", "FRX");
/// The same for lv.
const LV: (&str, &str) = ("LV", "-c");
/// Letters that mean something to a shell: a command without them needs none.
const OF_A_SHELL: &str = "|&;<>()$`\\\"' \t\n*?[#~=%";

/// A program that shows long output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pager {
    /// The command, perhaps for a shell.
    command: String,
    /// Variables that are set for it.
    variables: Vec<(&'static str, &'static str)>,
}

impl Pager {
    /// Returns the pager that the environment names: none where a variable is empty or `cat`,
    /// and none on a terminal that can't move its cursor. `variable` returns empty ones as
    /// well.
    #[must_use]
    pub fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let named = variable(PAGER).or_else(|| variable("PAGER"));
        let command = named.unwrap_or_else(|| "less".to_owned()).trim().to_owned();
        let is_dumb = variable("TERM").is_some_and(|terminal| terminal == "dumb");
        let variables = [LESS, LV].into_iter().filter(|(name, _)| variable(name).is_none()).collect();
        (!command.is_empty() && command != "cat" && !is_dumb).then_some(Self { command, variables })
    }

    /// Lets something be written to the pager, and waits until the person has read it. One who
    /// reads only the beginning is no failure. Where the pager cannot be started the text goes
    /// to standard output.
    ///
    /// # Errors
    /// When the text cannot be written.
    pub(super) fn show(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let Ok(mut child) = self.start() else {
            let mut out = BufWriter::new(io::stdout().lock());
            write(&mut out)?;
            return out.flush();
        };
        let written = feed(&mut child, write);
        // How it ended means nothing: less ends with an error when a person interrupts it.
        let _ = child.wait();
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written,
        }
    }

    fn start(&self) -> io::Result<Child> {
        keep_running_when_interrupted();
        let mut command = match self.command.contains(|letter| OF_A_SHELL.contains(letter)) {
            true => {
                let mut shell = Command::new("sh");
                shell.args(["-c", &self.command]);
                shell
            }
            false => Command::new(&self.command),
        };
        command.envs(self.variables.iter().copied()).stdin(Stdio::piped()).spawn()
    }
}

fn feed(child: &mut Child, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let Some(stdin) = child.stdin.take() else { return Ok(()) };
    let mut out = BufWriter::new(stdin);
    write(&mut out)?;
    out.flush()
}

/// Keeps this process alive when a person presses Ctrl-C in the pager, which does something with
/// it: it would go on alone and share the terminal with the shell.
fn keep_running_when_interrupted() {
    if Handle::try_current().is_ok() {
        // The handler stays when this is dropped.
        let _ = signal(SignalKind::interrupt());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pager(variables: &[(&str, &str)]) -> Option<Pager> {
        Pager::of_environment(|asked| variables.iter().find(|(name, _)| *name == asked).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn it_is_chosen_as_git_chooses() {
        let command = |variables: &[(&str, &str)]| pager(variables).map(|pager| pager.command);
        assert_eq!(command(&[]).as_deref(), Some("less"));
        assert_eq!(command(&[("PAGER", "more")]).as_deref(), Some("more"));
        assert_eq!(command(&[("PAGER", "more"), (PAGER, "less -S")]).as_deref(), Some("less -S"));
        for none in [&[(PAGER, ""), ("PAGER", "more")][..], &[("PAGER", "cat")], &[("PAGER", " ")], &[("TERM", "dumb")]] {
            assert_eq!(command(none), None, "{none:?}");
        }
    }

    #[test]
    fn variables_of_a_person_stay() {
        let names = |variables: &[(&str, &str)]| pager(variables).map(|pager| pager.variables);
        assert_eq!(names(&[]), Some(vec![("LESS", "FRX"), ("LV", "-c")]));
        assert_eq!(names(&[("LESS", "")]), Some(vec![("LV", "-c")]));
    }

    #[test]
    fn a_pager_that_ends_early_is_no_failure() {
        let pager = Pager { command: "true".to_owned(), variables: Vec::new() };
        let much = vec![b'x'; 1 << 20];
        pager.show(|out| out.write_all(&much)).expect("nobody wants to read it");
        let failed = pager.show(|_| Err(io::Error::other("disk on fire")));
        assert!(failed.is_err(), "what goes wrong elsewhere is one");
    }
}
