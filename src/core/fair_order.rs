//! The order in which things are shown where there is not room for all: owners take turns, so that
//! one owner's many things do not hide another's few.

use std::collections::BTreeMap;

/// Orders items so that owners take turns: the first of each, then the second of each, and so on.
/// Owners come in the order of their names, and each keeps the order of their own items.
pub fn in_turn<T, Owner: Ord>(items: impl IntoIterator<Item = T>, owner: impl Fn(&T) -> Owner) -> Vec<T> {
    let mut taken: BTreeMap<Owner, usize> = BTreeMap::new();
    let turn = |item: T| {
        let turns = taken.entry(owner(&item)).or_default();
        *turns += 1;
        (*turns, owner(&item), item)
    };
    let mut turns: Vec<(usize, Owner, T)> = items.into_iter().map(turn).collect();
    turns.sort_by(|(turn, owner, _), (other_turn, other, _)| (turn, owner).cmp(&(other_turn, other)));
    turns.into_iter().map(|(_, _, item)| item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_letter(word: &&str) -> Option<char> {
        word.chars().next()
    }

    #[test]
    fn everybody_has_a_turn_before_anybody_has_a_second() {
        assert_eq!(
            in_turn(["b2", "b1", "b3", "b4", "a1", "c1", "c2"], first_letter),
            ["a1", "b2", "c1", "b1", "c2", "b3", "b4"]
        );
        assert_eq!(in_turn(["x3", "x1", "x2"], first_letter), ["x3", "x1", "x2"]);
    }
}
