//! The cloud's words on failed launches. They are long, and much the same for every zone and type,
//! so that a page has them whole once.

use std::collections::BTreeSet;

use crate::plan::{GrowthBlock, Plan};

/// Words of which so many begin alike are of one kind.
const WORDS_OF_A_KIND: usize = 4;

/// The sentences of the cloud in a plan.
pub(super) struct CloudWords<'p> {
    sentences: BTreeSet<&'p str>,
    /// The kinds that the page has whole by now.
    kinds_shown: BTreeSet<Vec<&'p str>>,
}

impl<'p> CloudWords<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let of_groups = plan.groups.iter().filter_map(|group| match &group.blocked {
            Some(GrowthBlock::Backoff { message, .. }) => Some(message),
            _ => None,
        });
        let of_parts = plan.groups.iter().flat_map(|group| &group.closed).map(|part| &part.message);
        let sentences = of_groups.chain(of_parts).map(|message| message.trim_end_matches('.'));
        Self { sentences: sentences.filter(|message| !message.is_empty()).collect(), kinds_shown: BTreeSet::new() }
    }

    /// Cuts what a page has had before to its first sentence, which names the zone and the type.
    pub(super) fn cut(&mut self, text: String) -> String {
        let mut cut = text;
        for sentence in self.sentences.iter().copied() {
            let Some((first, _)) = sentence.split_once(". ") else { continue };
            if !cut.contains(sentence) {
                continue;
            }
            let kind: Vec<&str> = sentence.split(' ').take(WORDS_OF_A_KIND).collect();
            if !self.kinds_shown.insert(kind) {
                cut = cut.replace(sentence, first);
            }
        }
        cut
    }
}
