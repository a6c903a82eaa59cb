//! `apply PLAN`: carries out a plan that somebody reviewed, under its own policy and as far as it
//! still holds.

use std::path::Path;

use super::replay::is_replay;
use super::saved::{Saved, flags};
use super::{Console, Environment, Request, apply, plan};
use crate::cli::{ApplyCommand, PriceFlags};
use crate::exit::ExitCode;

pub(super) async fn run(
    path: &Path,
    command: &ApplyCommand,
    environment: &Environment,
    console: &Console,
) -> anyhow::Result<ExitCode> {
    let ApplyCommand {
        plan: _,
        source,
        prices,
        live,
        policy: _,
        output,
        consent,
        notify,
        dry_run,
        max_plan_age,
        given: _,
        manifests,
        buffers,
        until_needed: _,
    } = command;
    let saved = Saved::read(path)?;
    saved.refuse_a_what_if()?;
    // A replay shows the past, too.
    if !is_replay(source) {
        saved.refuse_what_is_no_cluster()?;
        saved.refuse_by_age(*max_plan_age, (environment.clock)())?;
    }
    let only_groups = flags::refuse_differences(saved.plan(), command)?;
    let saved = saved.narrowed_to(only_groups);
    let live = flags::looking_at(saved.plan(), live.clone())?;
    let prices = PriceFlags { spot_prices: saved.plan().looked_at.spot_prices && !is_replay(source), ..prices.clone() };
    let request = Request {
        source,
        manifests,
        buffers,
        prices: &prices,
        live: &live,
        policy: &saved.plan().policy,
        output,
        consent,
        notify,
        saved: Some(&saved),
        until_needed: None,
    };
    match dry_run {
        true => plan::run(&request, environment, console).await,
        false => apply::run(&request, environment, console).await,
    }
}
