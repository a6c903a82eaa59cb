//! A pod that runs together with others stays, unless all of them are on its node: its eviction
//! stops the whole gang, whatever the others could still do. Where all are on one node, they move
//! together, and stay where their gang has to (`scale_in`).

use crate::plan::drain::running_gang::RunningGang;
use crate::plan::drain::{BlockReason, Drainability, Question};

pub(super) fn verdict(question: &Question<'_>) -> Option<Drainability> {
    let why = match question.gang? {
        RunningGang::Unknown(gang) => BlockReason::GangUnknown { gang: gang.clone() },
        RunningGang::Known { running, here, .. } if here >= running => return None,
        RunningGang::Known { gang, running, here } => {
            BlockReason::RunsTogether { gang: gang.clone(), running, elsewhere: running - here }
        }
    };
    Some(Drainability::Blocks { why })
}

#[cfg(test)]
mod tests {
    use crate::plan::drain::running_gang::RunningGang;
    use crate::plan::drain::test_pod::SamplePod;
    use crate::plan::drain::{BlockReason, Drainability};
    use crate::snapshot::{GangKind, GangName};

    fn train() -> GangName {
        GangName { kind: GangKind::PodGroup, name: "train".into() }
    }

    fn verdict(gang: RunningGang<'_>) -> Drainability {
        SamplePod::web().verdict_in(Some(gang))
    }

    #[test]
    fn a_gang_on_one_node_may_move_and_one_on_several_stays() {
        let gang = train();
        let spread = |here| verdict(RunningGang::Known { gang: &gang, running: 4, here });
        assert!(matches!(spread(4), Drainability::Movable { .. }));
        let stays = spread(3);
        assert_eq!(stays.to_string(), "is one of 4 pods of PodGroup train that run together, 1 of them on other nodes");
        assert!(!stays.ends_a_drain(), "the fourth may have moved already");
    }

    #[test]
    fn a_gang_that_was_not_read_stays() {
        let gang = train();
        let why = BlockReason::GangUnknown { gang: gang.clone() };
        assert_eq!(verdict(RunningGang::Unknown(&gang)), Drainability::Blocks { why });
    }
}
