//! The steps of a run: each looks first, and makes up for an answer that was lost.

use ec2_autoscale::apply::{ApplyReport, SkipReason, StepOutcome};
use ec2_autoscale::plan::Action;

use super::{GroupSize, GroupWorld, NextRequest, THREE, for_each_cloud};
use crate::apply::notes;
use crate::apply::step_runner::{StepRunner, set_desired};

for_each_cloud!(
    a_second_run_of_a_growth_requests_nothing_more,
    a_growth_whose_answer_is_lost_is_made_once,
    a_growth_that_never_arrived_is_sent_once_more,
    a_growth_that_was_one_request_too_many_is_sent_once_more,
    a_growth_that_is_not_permitted_fails_and_is_not_noted,
    three_idle_nodes_go_in_one_run_and_no_other,
    a_removal_whose_answer_is_lost_is_never_repeated,
    a_removal_that_never_arrived_is_left_to_the_next_run,
    a_group_at_its_minimum_is_left_alone,
    a_machine_that_somebody_ended_is_not_named,
    a_group_that_is_gone_is_passed_over,
);

/// Returns what carries out steps about the group of a world.
fn runner<W: GroupWorld>(world: &W) -> StepRunner {
    StepRunner::new(world.cloud().clone(), world.region())
}

/// Makes nodes of these machines, all cordoned a minute ago, and returns the actions that end them.
fn ends<W: GroupWorld>(world: &W, runner: &StepRunner, machines: &[String]) -> Vec<Action> {
    let end = |machine: &String| {
        runner.add_cordoned_node(machine, &world.provider_id(machine));
        runner.terminate_node(machine, world.group(), machine)
    };
    machines.iter().map(end).collect()
}

fn lost_words<W: GroupWorld>(world: &W) -> String {
    format!("{}'s answer was lost", world.cloud().name())
}

/// Returns whether each step was done.
fn done(report: &ApplyReport) -> Vec<bool> {
    report.steps.iter().map(|step| step.outcome == StepOutcome::Done).collect()
}

async fn a_second_run_of_a_growth_requests_nothing_more<W: GroupWorld>() {
    let world = W::start(THREE).await;
    let runner = runner(&world);
    assert_eq!(runner.outcome(set_desired(world.group(), 3, 5)).await, StepOutcome::Done);
    let why = SkipReason::AlreadyDesired { desired: 5 };
    assert_eq!(runner.outcome(set_desired(world.group(), 3, 5)).await, StepOutcome::Skipped { why });
    world.settle();
    assert_eq!((world.machines().len(), world.requests()), (5, 1));
}

async fn a_growth_whose_answer_is_lost_is_made_once<W: GroupWorld>() {
    let world = W::start(THREE).await;
    world.next_request(NextRequest::LostAfter);
    let report = runner(&world).apply(vec![set_desired(world.group(), 3, 5)]).await;
    assert_eq!(report.steps[0].outcome, StepOutcome::Done);
    assert_eq!(report.steps[0].message, format!("{}, but the group has it", lost_words(&world)));
    world.settle();
    assert_eq!((world.machines().len(), world.requests()), (5, 1));
}

async fn a_growth_that_never_arrived_is_sent_once_more<W: GroupWorld>() {
    let world = W::start(THREE).await;
    world.next_request(NextRequest::LostBefore);
    assert_eq!(runner(&world).outcome(set_desired(world.group(), 3, 5)).await, StepOutcome::Done);
    world.settle();
    assert_eq!((world.machines().len(), world.requests()), (5, 2));
}

async fn a_growth_that_was_one_request_too_many_is_sent_once_more<W: GroupWorld>() {
    let world = W::start(THREE).await;
    world.next_request(NextRequest::Throttled);
    assert_eq!(runner(&world).outcome(set_desired(world.group(), 3, 5)).await, StepOutcome::Done);
    world.settle();
    assert_eq!((world.machines().len(), world.requests()), (5, 2));
}

async fn a_growth_that_is_not_permitted_fails_and_is_not_noted<W: GroupWorld>() {
    let world = W::start(THREE).await;
    let runner = runner(&world);
    world.next_request(NextRequest::Forbidden);
    let outcome = runner.outcome(set_desired(world.group(), 3, 5)).await;
    assert!(matches!(&outcome, StepOutcome::Failed { error } if error.ends_with(W::PERMISSION)), "{outcome}");
    assert!(notes(&runner).is_empty());
    assert_eq!((world.machines().len(), world.requests()), (3, 1));
}

async fn three_idle_nodes_go_in_one_run_and_no_other<W: GroupWorld>() {
    let world = W::start(GroupSize { machines: 5, ..THREE }).await;
    let (runner, before) = (runner(&world), world.machines());
    let actions = ends(&world, &runner, &[before[0].clone(), before[2].clone(), before[3].clone()]);
    assert_eq!(done(&runner.apply(actions).await), [true; 3]);
    world.settle();
    assert_eq!(world.machines(), [before[1].clone(), before[4].clone()]);
    let requests = if world.cloud().removes_together() { 1 } else { 3 };
    assert_eq!(world.requests(), requests);
}

async fn a_removal_whose_answer_is_lost_is_never_repeated<W: GroupWorld>() {
    let world = W::start(THREE).await;
    world.slow_down();
    let (runner, before) = (runner(&world), world.machines());
    world.next_request(NextRequest::LostAfter);
    let report = runner.apply(ends(&world, &runner, &before[1..2])).await;
    assert_eq!(report.steps[0].outcome, StepOutcome::Done);
    let message = format!("{}, but the instance is going; desired is 2", lost_words(&world));
    assert_eq!(report.steps[0].message, message);
    world.settle();
    assert_eq!((world.machines(), world.requests()), (vec![before[0].clone(), before[2].clone()], 1));
}

async fn a_removal_that_never_arrived_is_left_to_the_next_run<W: GroupWorld>() {
    let world = W::start(THREE).await;
    let (runner, before) = (runner(&world), world.machines());
    world.next_request(NextRequest::LostBefore);
    let actions = ends(&world, &runner, &before[1..2]);
    let outcome = runner.outcome(actions[0].clone()).await;
    assert!(matches!(&outcome, StepOutcome::Failed { error } if error.contains("the next run looks again")), "{outcome}");
    world.settle();
    assert_eq!((world.machines(), world.requests()), (before.clone(), 1));
    assert_eq!(runner.outcome(actions[0].clone()).await, StepOutcome::Done);
    world.settle();
    assert_eq!(world.machines(), [before[0].clone(), before[2].clone()]);
}

async fn a_group_at_its_minimum_is_left_alone<W: GroupWorld>() {
    let world = W::start(THREE).await;
    let (runner, before) = (runner(&world), world.machines());
    let actions = ends(&world, &runner, &before[1..2]);
    world.set_limits(3, 5);
    assert_eq!(runner.outcome(actions[0].clone()).await, StepOutcome::Skipped { why: SkipReason::AtMin { min: 3 } });
    assert_eq!((world.machines(), world.requests()), (before, 0));
}

/// The name of a machine that is none of the group's any more would make a cloud choose another.
async fn a_machine_that_somebody_ended_is_not_named<W: GroupWorld>() {
    let world = W::start(THREE).await;
    let (runner, before) = (runner(&world), world.machines());
    let actions = ends(&world, &runner, &before[1..2]);
    world.end_by_hand(&before[1]);
    let outcome = runner.outcome(actions[0].clone()).await;
    assert!(matches!(outcome, StepOutcome::Skipped { .. }), "{outcome}");
    assert_eq!(world.requests(), 0);
}

async fn a_group_that_is_gone_is_passed_over<W: GroupWorld>() {
    let world = W::start(THREE).await;
    let (runner, before) = (runner(&world), world.machines());
    let mut actions = vec![set_desired(world.group(), 3, 5)];
    actions.extend(ends(&world, &runner, &before[1..2]));
    world.delete().await;
    for step in runner.apply(actions).await.steps {
        assert_eq!(step.outcome, StepOutcome::Skipped { why: SkipReason::GroupGone }, "{}", step.action);
    }
}
