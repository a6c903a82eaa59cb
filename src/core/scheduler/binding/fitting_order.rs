//! Nodes of one sort in the order in which the scheduler prefers them, in short blocks. Each block
//! knows the most that is free on any of its nodes, so that blocks without room are passed over.

use super::choice::ChoiceIx;
use super::score::Shares;
use crate::scheduler::columns::fits;

/// A block that has become longer than this is split.
const LONGEST_BLOCK: usize = 64;

/// The place of a node: its rank, then its number.
pub(super) type Ranked = (i64, ChoiceIx);

/// Nodes by rank.
#[derive(Debug, Clone, Default)]
pub(super) struct FittingOrder {
    blocks: Vec<NodeBlock>,
}

#[derive(Debug, Clone)]
struct NodeBlock {
    places: Vec<Ranked>,
    /// The shares that are taken of each of the nodes.
    taken: Vec<Shares>,
    /// The most that is free of each resource on any of the nodes.
    most_free: Vec<i64>,
    /// At most what is free of each resource on every node: a node that has left may have had less.
    least_free: Vec<i64>,
}

/// A walk through the nodes that have room for a pod.
#[derive(Debug, Clone, Copy)]
pub(super) struct Walk {
    block: usize,
    place: usize,
    /// On which nodes of the block there is room, once that is known.
    room: Option<Room>,
    /// How many nodes lie behind, with and without room.
    passed: usize,
    /// After so many nodes it ends.
    length: usize,
}

impl Walk {
    /// Returns a walk from the first node to the last one.
    pub(super) const fn through_all() -> Self {
        Self { block: 0, place: 0, room: None, passed: 0, length: usize::MAX }
    }

    /// Ends the walk after so many more nodes.
    pub(super) fn end_after(&mut self, nodes: usize) {
        self.length = self.passed + nodes;
    }
}

impl FittingOrder {
    /// Returns the next node that is of use, given what is taken of it and whether it has room for
    /// the requests for certain; nodes that have none for certain are passed over. Nodes after a
    /// rank are of no use: one of those may be returned although it has no room.
    pub(super) fn next(
        &self,
        walk: &mut Walk,
        requests: &[i64],
        last_rank: i64,
        mut is_of_use: impl FnMut(ChoiceIx, Shares, bool) -> bool,
    ) -> Option<Ranked> {
        while let Some(block) = self.blocks.get(walk.block)
            && walk.passed < walk.length
        {
            let rest = &block.places[walk.place..];
            if let Some(first) = rest.first()
                && first.0 > last_rank
            {
                return Some(*first);
            }
            let rest = &rest[..rest.len().min(walk.length - walk.passed)];
            let mut nodes = rest.iter().zip(&block.taken[walk.place..]);
            let found = match *walk.room.get_or_insert_with(|| block.room(requests)) {
                Room::None => None,
                Room::Some => nodes.position(|((_, node), taken)| is_of_use(*node, *taken, false)),
                Room::All => nodes.position(|((_, node), taken)| is_of_use(*node, *taken, true)),
            };
            if let Some(found) = found {
                walk.place += found + 1;
                walk.passed += found + 1;
                return Some(rest[found]);
            }
            walk.passed += rest.len();
            (walk.block, walk.place, walk.room) = (walk.block + 1, 0, None);
        }
        None
    }

    /// Returns the rank of the first node.
    pub(super) fn first_rank(&self) -> Option<i64> {
        Some(self.blocks.first()?.places[0].0)
    }

    /// Whether some node may have room for the requests, as far as the blocks know.
    pub(super) fn may_have_room(&self, requests: &[i64]) -> bool {
        self.blocks.iter().any(|block| fits(&block.most_free, requests))
    }

    /// Adds a node, given what is taken of it and what is free.
    pub(super) fn insert(&mut self, place: Ranked, taken: Shares, free: &[i64]) {
        let index = self.block_of(place);
        let Some(block) = self.blocks.get_mut(index) else {
            self.blocks.push(NodeBlock {
                places: vec![place],
                taken: vec![taken],
                most_free: free.to_vec(),
                least_free: free.to_vec(),
            });
            return;
        };
        let position = block.places.partition_point(|other| *other < place);
        block.places.insert(position, place);
        block.taken.insert(position, taken);
        block.notice(free);
        if block.places.len() > LONGEST_BLOCK {
            let upper = NodeBlock {
                places: block.places.split_off(LONGEST_BLOCK / 2),
                taken: block.taken.split_off(LONGEST_BLOCK / 2),
                most_free: block.most_free.clone(),
                least_free: block.least_free.clone(),
            };
            self.blocks.insert(index + 1, upper);
        }
    }

    /// Takes out a node. `free` is what is free on a node.
    pub(super) fn remove<'f>(&mut self, place: Ranked, free: impl Fn(ChoiceIx) -> &'f [i64]) {
        let index = self.block_of(place);
        let Some(block) = self.blocks.get_mut(index) else { return };
        let Ok(position) = block.places.binary_search(&place) else { return };
        block.places.remove(position);
        block.taken.remove(position);
        if block.places.is_empty() {
            self.blocks.remove(index);
            return;
        }
        let was_the_most = free(place.1).iter().zip(&block.most_free).any(|(free, most)| free == most);
        if was_the_most {
            block.look_again(free);
        }
    }

    /// Returns the number of the block that a place belongs to: the last one that begins before it.
    fn block_of(&self, place: Ranked) -> usize {
        self.blocks.partition_point(|block| block.places[0] <= place).saturating_sub(1)
    }
}

/// On which nodes of a block there is room for a pod.
#[derive(Debug, Clone, Copy)]
enum Room {
    None,
    /// As far as the block knows.
    Some,
    All,
}

impl NodeBlock {
    fn room(&self, requests: &[i64]) -> Room {
        if !fits(&self.most_free, requests) {
            Room::None
        } else if fits(&self.least_free, requests) {
            Room::All
        } else {
            Room::Some
        }
    }

    /// Finds again what is free on the nodes at most and at least.
    fn look_again<'f>(&mut self, free: impl Fn(ChoiceIx) -> &'f [i64]) {
        self.most_free.fill(i64::MIN);
        self.least_free.fill(i64::MAX);
        for place in 0..self.places.len() {
            self.notice(free(self.places[place].1));
        }
    }

    fn notice(&mut self, free: &[i64]) {
        for ((most, least), free) in self.most_free.iter_mut().zip(&mut self.least_free).zip(free) {
            *most = (*most).max(*free);
            *least = (*least).min(*free);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_vec::Number as _;
    use crate::scheduler::CpuMemory;

    /// Returns what is taken of nodes that are empty.
    fn nothing() -> Shares {
        let nothing = CpuMemory::default();
        Shares::of(nothing, nothing)
    }

    /// Nodes in their places, each with what is free on it.
    fn order(free: &[[i64; 2]]) -> FittingOrder {
        let mut order = FittingOrder::default();
        // Not in the order of their places, so that blocks are split in the middle.
        for step in 0..free.len() {
            let node = step * 7 % free.len();
            order.insert((i64::try_from(node / 3).expect("few"), ChoiceIx::from_index(node)), nothing(), &free[node]);
        }
        order
    }

    fn with_room(order: &FittingOrder, free: &[[i64; 2]], requests: [i64; 2]) -> Vec<usize> {
        let mut walk = Walk::through_all();
        let has_room = |node: ChoiceIx, _, is_certain| is_certain || fits(&free[node.index()], &requests);
        let next = || order.next(&mut walk, &requests, i64::MAX, has_room).map(|(_, node)| node.index());
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn the_walk_finds_every_node_with_room_in_order() {
        let mut free: Vec<[i64; 2]> = (0..1_000).map(|node| [node % 10, node / 100]).collect();
        let mut order = order(&free);
        let expected = |free: &[[i64; 2]], requests: [i64; 2]| -> Vec<usize> {
            (0..free.len()).filter(|node| fits(&free[*node], &requests)).collect()
        };
        for requests in [[9, 9], [0, 9], [9, 0], [5, 5], [10, 0]] {
            assert_eq!(with_room(&order, &free, requests), expected(&free, requests), "{requests:?}");
        }
        for node in (0..1_000).filter(|node| node % 10 == 9) {
            let place = (i64::try_from(node / 3).expect("few"), ChoiceIx::from_index(node));
            order.remove(place, |node| &free[node.index()]);
            free[node] = [0, 0];
            order.insert(place, nothing(), &free[node]);
        }
        for requests in [[9, 0], [8, 9], [0, 1]] {
            assert_eq!(with_room(&order, &free, requests), expected(&free, requests), "{requests:?}");
        }
    }

    #[test]
    fn nodes_without_room_count_for_the_length_of_a_walk() {
        let free: Vec<[i64; 2]> = (0..200).map(|node| [i64::from(node >= 150), 1]).collect();
        let order = order(&free);
        let of_length = |nodes: usize| {
            let mut walk = Walk::through_all();
            walk.end_after(nodes);
            let has_room = |node: ChoiceIx, _, is_certain| is_certain || fits(&free[node.index()], &[1, 1]);
            let next = || order.next(&mut walk, &[1, 1], i64::MAX, has_room).map(|(_, node)| node.index());
            std::iter::from_fn(next).collect::<Vec<_>>()
        };
        assert_eq!([150, 151, 153].map(of_length), [vec![], vec![150], vec![150, 151, 152]]);
    }

    #[test]
    fn the_walk_ends_after_the_last_rank() {
        let free = [[0, 0]; 200];
        let found = order(&free).next(&mut Walk::through_all(), &[1, 1], 30, |_, _, _| true);
        assert!(found.is_some_and(|(rank, _)| rank > 30), "{found:?}");
    }
}
