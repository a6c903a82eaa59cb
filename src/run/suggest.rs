//! `suggest`: shows which groups to add, and what the plan would be with them. It changes nothing.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::compute::compute;
use super::connecting::connect;
use super::deadline::Deadline;
use super::no_region::NoRegionRead;
use super::observe::observe_live;
use super::plan::check_policy;
use super::progress::Spinner;
use super::replay::replayed;
use super::settings::{ActivityReach, gather_options};
use super::snapshot::completeness;
use super::{Console, Environment, RunError, check_predecessor_flags, prices, what_if};
use crate::cli::{Format, PurchaseChoice, SuggestCommand, SuggestFor, SuggestedForm};
use crate::cloud::MachinesOffered;
use crate::exit::ExitCode;
use crate::gather::machine_types;
use crate::gather::prices::GivenPrices;
use crate::policy::Policy;
use crate::progress::Progress;
use crate::render;
use crate::snapshot::{Market, Price, Snapshot};
use crate::snippet::{Snippet, SnippetFacts, SnippetForm, snippet};
use crate::suggest::{Goal, MachineMarket, SuggestionTerms, Suggestions, suggest};

/// What `suggest -o json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct PrintedSuggestions {
    #[serde(flatten)]
    suggestions: Suggestions,
    /// The groups in the words of the tools of `--as`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    snippets: Vec<Snippet>,
}

/// What was seen: the cluster, and what could be launched there.
struct ClusterAndOffer {
    snapshot: Snapshot,
    offered: MachinesOffered,
    /// What one pays by the files of prices.
    rates: Vec<Price>,
}

pub(super) async fn run(command: &SuggestCommand, environment: &Environment, console: &Console) -> anyhow::Result<ExitCode> {
    check_predecessor_flags(&command.live.predecessor, console)?;
    let timed = &command.policy.0;
    prices::check_source(timed, &command.prices, &command.source)?;
    let manifests = what_if::read(&command.manifests, &command.live.gangs.rules(), &command.source, console)?;
    let (spinner, deadline) = (Spinner::new(console.progress), Deadline::new(command.live.cluster.timeout));
    let ClusterAndOffer { mut snapshot, offered, rates } = Box::pin(look(command, environment, &spinner, deadline)).await?;
    what_if::take_away(&mut snapshot, &command.manifests)?;
    what_if::add_to(&mut snapshot, manifests);
    prices::check_snapshot(timed, &snapshot)?;
    NoRegionRead::check(&snapshot)?;
    let policy = timed.at(snapshot.taken_at);
    check_policy(&policy, &snapshot)?;
    spinner.set_label("planning");
    let market = market(command, &snapshot, offered, rates)?;
    let seen = completeness(&snapshot);
    let facts = SnippetFacts::of(&snapshot);
    let suggestions = compute_suggestions(snapshot, policy, market, terms(command), deadline, &spinner).await?;
    drop(spinner);
    let forms = command.forms.iter().filter(|_| !suggestions.groups.is_empty());
    let snippets = forms.map(|form| snippet(form_of(*form), &suggestions.groups, &facts)).collect();
    print(&PrintedSuggestions { suggestions, snippets }, command.format.output, console).map_err(RunError::Output)?;
    Ok(seen)
}

/// Takes the snapshot, and reads what the cloud offers where it is at hand.
async fn look(
    command: &SuggestCommand,
    environment: &Environment,
    spinner: &Spinner,
    deadline: Deadline,
) -> anyhow::Result<ClusterAndOffer> {
    let SuggestCommand { source, live, prices: price_flags, .. } = command;
    let prices = prices::read(price_flags, source)?;
    if let Some(snapshot) = replayed(source)? {
        return Ok(seen(snapshot, MachinesOffered::default(), prices));
    }
    prices::check_cloud(price_flags, live)?;
    let options = gather_options(live, price_flags, environment, ActivityReach::of_everything(&command.policy.0));
    let clients = deadline.bound(connect(live, environment), spinner).await??;
    let (clients, snapshot) = observe_live(Some(clients), live, &options, environment, spinner, deadline).await?;
    let offered = if command.types.is_some() {
        MachinesOffered::default()
    } else {
        spinner.set_label("reading machine types");
        deadline.bound(clients.cloud.machines_offered(), spinner).await?
    };
    Ok(seen(snapshot, offered, prices))
}

fn seen(mut snapshot: Snapshot, mut offered: MachinesOffered, prices: Option<GivenPrices>) -> ClusterAndOffer {
    // What could not be read makes the answer incomplete, as for every other command.
    snapshot.gaps.append(&mut offered.gaps);
    let rates = prices.as_ref().map(GivenPrices::rates).unwrap_or_default();
    prices::put_into(&mut snapshot, prices);
    ClusterAndOffer { snapshot, offered, rates }
}

/// Puts the types and prices of all sources together; those of `--types` and `--prices` come first.
fn market(
    command: &SuggestCommand,
    snapshot: &Snapshot,
    offered: MachinesOffered,
    rates: Vec<Price>,
) -> anyhow::Result<MachineMarket> {
    let regions: Vec<String> = snapshot.regions.iter().map(|region| region.name.clone()).collect();
    let listed = command.types.as_deref().map(|path| machine_types::read(path, &regions)).transpose()?;
    let mut market = MachineMarket { machines: listed.unwrap_or(offered.machines), prices: rates, zones: offered.zones };
    market.add_known(snapshot);
    Ok(market)
}

fn terms(command: &SuggestCommand) -> SuggestionTerms {
    SuggestionTerms {
        goal: match command.to {
            SuggestFor::Help => Goal::Help,
            SuggestFor::Save => Goal::Save,
        },
        market: match command.purchase {
            PurchaseChoice::OnDemand => Market::OnDemand,
            PurchaseChoice::Spot => Market::Spot,
        },
    }
}

fn form_of(form: SuggestedForm) -> SnippetForm {
    match form {
        SuggestedForm::Eksctl => SnippetForm::Eksctl,
        SuggestedForm::Kops => SnippetForm::Kops,
        SuggestedForm::Terraform => SnippetForm::Terraform,
        SuggestedForm::Aws => SnippetForm::Aws,
    }
}

async fn compute_suggestions(
    snapshot: Snapshot,
    policy: Policy,
    market: MachineMarket,
    terms: SuggestionTerms,
    deadline: Deadline,
    spinner: &Spinner,
) -> Result<Suggestions, RunError> {
    let snapshot = Arc::new(snapshot);
    compute(move || suggest(&snapshot, &policy, &market, terms), deadline, spinner).await
}

fn print(printed: &PrintedSuggestions, format: Format, console: &Console) -> std::io::Result<()> {
    match format {
        Format::Json => console.stream(|out| render::write_json(out, printed)),
        Format::Table => {
            let mut page = render::suggestions(&printed.suggestions, console.width, console.colour);
            for Snippet { form, text } in &printed.snippets {
                page.extend(["\n# ", form.name(), "\n", text]);
            }
            console.print(&page)
        }
    }
}
