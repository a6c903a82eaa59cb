//! `explain`: shows one pod, node or group against everything that was seen. It changes nothing.

use std::sync::Arc;

use serde::Serialize;

use super::compute::compute;
use super::deadline::Deadline;
use super::find_object::NamedKind;
use super::no_region::NoRegionRead;
use super::observe::observe_with;
use super::plan::check_policy;
use super::progress::Spinner;
use super::settings::{ActivityReach, gather_options};
use super::snapshot::completeness;
use super::{
    Console, Environment, RunError, buffer_files, check_predecessor_flags, explain_code, find_object, prices, what_if,
};
use crate::cli::{ExplainCommand, ExplainedKind, Format};
use crate::exit::ExitCode;
use crate::gather::GatherOptions;
use crate::plan::explain;
use crate::policy::Policy;
use crate::progress::Progress;
use crate::render;
use crate::snapshot::Snapshot;

pub(super) async fn run(command: &ExplainCommand, environment: &Environment, console: &Console) -> anyhow::Result<ExitCode> {
    check_predecessor_flags(&command.live.predecessor, console)?;
    let subject = match command.kind {
        ExplainedKind::Code => return explain_code::run(command.name.as_deref(), command.format.output, console),
        ExplainedKind::Pod => ExplainedObject::Pod,
        ExplainedKind::Node => ExplainedObject::Node,
        ExplainedKind::Group => ExplainedObject::Group,
        ExplainedKind::Gang => ExplainedObject::Gang,
        ExplainedKind::Buffer => ExplainedObject::Buffer,
        ExplainedKind::Request => ExplainedObject::Request,
    };
    let Some(name) = command.name.clone() else {
        return Err(RunError::usage("explain needs a name", "name the object as `plan` shows it").into());
    };
    let name = in_namespace(subject, name, command.namespace.as_deref())?;
    match subject {
        ExplainedObject::Pod => find_object::check_name(NamedKind::Pod, &name)?,
        ExplainedObject::Gang => find_object::check_name(NamedKind::Gang, &name)?,
        ExplainedObject::Buffer => find_object::check_name(NamedKind::Buffer, &name)?,
        ExplainedObject::Request => find_object::check_name(NamedKind::Request, &name)?,
        ExplainedObject::Node | ExplainedObject::Group => {}
    }
    let policy = &command.policy.0;
    prices::check_source(policy, &command.prices, &command.source)?;
    let manifests = what_if::read(&command.manifests, &command.live.gangs.rules(), &command.source, console)?;
    let buffers = buffer_files::read(&command.buffers, &command.manifests, &command.source)?;
    let activities = ActivityReach::of_everything(policy);
    let (spinner, deadline) = (Spinner::new(console.progress), Deadline::new(command.live.cluster.timeout));
    let ExplainCommand { source, prices: price_flags, live, .. } = command;
    let options = gather_options(live, price_flags, environment, activities);
    let options = GatherOptions { devices: what_if::may_need_devices(manifests.as_ref()), ..options };
    let mut snapshot = observe_with(source, price_flags, live, &options, &spinner, deadline, environment).await?;
    what_if::take_away(&mut snapshot, &command.manifests)?;
    what_if::add_to(&mut snapshot, manifests);
    buffer_files::add_to(&mut snapshot, buffers);
    prices::check_snapshot(policy, &snapshot)?;
    let policy = policy.at(snapshot.taken_at);
    NoRegionRead::check(&snapshot)?;
    check_policy(&policy, &snapshot)?;
    spinner.set_label("planning");
    let snapshot = Arc::new(snapshot);
    let question = Explanation { subject, name, format: command.format.output };
    let (seen, page) = (Arc::clone(&snapshot), console.clone());
    let text = compute(move || question.answer(&seen, &policy, &page), deadline, &spinner).await??;
    drop(spinner);
    console.page(&text).map_err(RunError::Output)?;
    // The answer may depend on what was not read.
    Ok(completeness(&snapshot))
}

/// Puts the namespace of `-n` before a name.
///
/// # Errors
/// Wrong usage: the object has no namespace, or another one before its name.
fn in_namespace(subject: ExplainedObject, name: String, namespace: Option<&str>) -> Result<String, RunError> {
    let Some(namespace) = namespace else { return Ok(name) };
    if matches!(subject, ExplainedObject::Node | ExplainedObject::Group) {
        return Err(RunError::usage(
            format!("--namespace {namespace} is for pods, gangs, buffers and requests"),
            "leave it out",
        ));
    }
    match name.split_once('/') {
        None => Ok(format!("{namespace}/{name}")),
        Some((own, _)) if own == namespace => Ok(name),
        Some(_) => Err(RunError::usage(format!("{name} is not in --namespace {namespace}"), "leave one of the two out")),
    }
}

/// The kind of object that is looked up in a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ExplainedObject {
    Pod,
    Node,
    Group,
    Gang,
    Buffer,
    Request,
}

/// The object to explain, and the format.
struct Explanation {
    subject: ExplainedObject,
    name: String,
    format: Format,
}

impl Explanation {
    fn answer(&self, snapshot: &Snapshot, policy: &Policy, console: &Console) -> anyhow::Result<String> {
        let Self { subject, name, format } = self;
        let (width, colour) = (console.width, console.colour);
        match subject {
            ExplainedObject::Pod => {
                let pod = find_object::pod(snapshot, name)?;
                let explained = explain::pod(snapshot, policy, &pod).ok_or_else(|| find_object::no_such_pod(snapshot, name))?;
                Ok(shown(*format, &explained, || render::explain_pod(&explained, width, colour)))
            }
            ExplainedObject::Node => {
                let explained = find_object::node(snapshot, name).and_then(|name| explain::node(snapshot, policy, name));
                let explained = explained.ok_or_else(|| find_object::no_such_node(snapshot, name))?;
                Ok(shown(*format, &explained, || render::explain_node(&explained, width, colour)))
            }
            ExplainedObject::Group => {
                let explained = explain::group(snapshot, policy, &find_object::group(snapshot, name))
                    .map_err(|error| find_object::no_such_group(snapshot, error))?;
                Ok(shown(*format, &explained, || render::explain_group(&explained, width, colour)))
            }
            ExplainedObject::Gang => {
                let gang = find_object::gang(snapshot, name)?;
                let explained = explain::gangs(snapshot, policy, &gang);
                let texts = explained.iter().map(|gang| shown(*format, gang, || render::explain_gang(gang, width, colour)));
                Ok(texts.collect::<Vec<_>>().join("\n"))
            }
            ExplainedObject::Buffer => {
                let buffer = find_object::buffer(snapshot, name)?;
                let explained = explain::buffer(snapshot, policy, &buffer).expect("it was found in the snapshot");
                Ok(shown(*format, &explained, || render::explain_buffer(&explained, width, colour)))
            }
            ExplainedObject::Request => {
                let request = find_object::request(snapshot, name)?;
                let explained =
                    explain::request(snapshot, policy, &request).ok_or_else(|| find_object::no_such_request(name))?;
                Ok(shown(*format, &explained, || render::explain_request(&explained, width, colour)))
            }
        }
    }
}

fn shown(format: Format, explanation: &impl Serialize, table: impl FnOnce() -> String) -> String {
    match format {
        Format::Table => table(),
        Format::Json => render::json(explanation),
    }
}
