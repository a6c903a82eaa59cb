//! What a person may do next, in a line on standard error. Nothing of it is printed where no person
//! reads.

use std::path::Path;

use super::Console;
use super::replay::is_replay;
use super::request::Request;
use crate::cli::PlanFormat;
use crate::plan::Plan;

/// Notes what can be done with a plan that was shown and perhaps saved.
pub(super) fn after_plan(request: &Request<'_>, plan: &Plan, console: &Console) {
    if let Some(path) = &request.output.out {
        console.next_step(&saved(path, plan.has_changes() && !is_replay(request.source)));
    }
    after_html(request.output.html.as_deref(), console);
    if request.output.format.output == PlanFormat::Table && !plan.findings.is_empty() {
        console.next_step(
            "findings: `ec2-autoscale explain code CODE` has what one means, `ec2-autoscale fix` the steps that mend \
             groups, `ec2-autoscale help troubleshooting` the rest",
        );
    }
}

/// Notes where the drawing is.
pub(super) fn after_html(path: Option<&Path>, console: &Console) {
    if let Some(path) = path {
        console.next_step(&format!("drawn in {}: open it in a browser", path.display()));
    }
}

fn saved(path: &Path, can_be_applied: bool) -> String {
    let shown = path.to_string_lossy();
    let file = shlex::try_quote(&shown).unwrap_or_default();
    let apply = if can_be_applied { format!(", `ec2-autoscale apply {file}` carries it out") } else { String::new() };
    format!("saved in {shown}: `ec2-autoscale show {file}` shows it again{apply}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_plan_is_named_as_a_shell_reads_it() {
        let line = "saved in my plan.json: `ec2-autoscale show 'my plan.json'` shows it again";
        assert_eq!(saved(Path::new("my plan.json"), false), line);
        assert_eq!(
            saved(Path::new("my plan.json"), true),
            format!("{line}, `ec2-autoscale apply 'my plan.json'` carries it out")
        );
    }
}
