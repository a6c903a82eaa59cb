//! A pod that states what its end would lose stays while that is more than `--max-lost-work`.

use crate::plan::drain::lost_work::{UnclearMark, lost_work};
use crate::plan::drain::{BlockReason, Drainability, Question};

pub(super) fn verdict(question: &Question<'_>) -> Option<Drainability> {
    let why = match lost_work(question.pod, question.now) {
        // Somebody meant to protect the pod.
        Err(UnclearMark(mark)) => BlockReason::Mark { mark },
        Ok(lost) => {
            let (lost, most) = lost.zip(question.limits.max_lost_work).filter(|(lost, most)| lost > most)?;
            BlockReason::WorkLost { lost, most }
        }
    };
    Some(Drainability::Blocks { why })
}

#[cfg(test)]
mod tests {
    use crate::plan::drain::test_pod::SamplePod;
    use crate::well_known::annotations::CHECKPOINTED_AT;

    /// Returns a pod of a Job. It is 12:00, and it may lose ten minutes of work.
    fn job(checkpointed_at: &str) -> SamplePod {
        SamplePod::job().annotation(CHECKPOINTED_AT, checkpointed_at)
    }

    #[test]
    fn a_job_moves_while_it_loses_little() {
        assert!(!SamplePod::job().is_movable(), "it states nothing of what it would lose");
        assert!(job("2026-11-22T11:50:00Z").is_movable());
        assert_eq!(
            job("2026-11-22T11:49:59Z").verdict().to_string(),
            "would lose 10m 1s of work, more than --max-lost-work 10m"
        );
    }

    #[test]
    fn a_job_whose_machine_ends_moves_whatever_it_loses() {
        assert!(job("2026-11-22T10:30:00Z").machine_ends().is_movable());
        assert!(!SamplePod::job().machine_ends().is_movable(), "it does not state that it can start again");
    }

    #[test]
    fn what_cannot_be_understood_keeps_any_pod() {
        assert_eq!(
            SamplePod::web().annotation(CHECKPOINTED_AT, "now").verdict().to_string(),
            "is kept by its annotation ec2-autoscale/checkpointed-at=now"
        );
    }

    #[test]
    fn what_is_lost_is_a_part_of_what_the_eviction_costs() {
        assert_eq!(
            job("2026-11-22T11:55:00Z").verdict().to_string(),
            "may be moved, at an eviction cost of 1.50, losing 5m of work; it counts against the Job's backoffLimit unless its \
             podFailurePolicy ignores DisruptionTarget"
        );
    }
}
