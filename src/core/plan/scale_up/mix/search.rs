//! Finds the cheapest mix for a few pods by trying all ways to part them, as far as they can still
//! be cheaper than the known mix.

use super::problem::{FilledNode, LoadIx, Mix, Problem};
use crate::index_vec::IndexVec;
use crate::plan::fleet::GroupIx;

/// With more pods there are too many ways.
const MOST_PODS: u32 = 12;
/// How often a pod is put on a node, in all ways together.
const MOST_STEPS: u32 = 60_000;

/// Returns a mix that is cheaper than the known one, if there is any and it is found in time.
pub(super) fn cheaper(problem: &Problem, known: Option<&Mix>) -> Option<Mix> {
    let pods: u32 = problem.loads.iter().map(|load| load.load.pods).sum();
    if pods > MOST_PODS {
        return None;
    }
    let queue = problem.loads.numbers().flat_map(|load| std::iter::repeat_n(load, problem.loads[load].load.pods as usize));
    let mut search = Search {
        problem,
        queue: queue.collect(),
        heaps: Vec::new(),
        least: known.map_or(u64::MAX, |mix| problem.price(mix)),
        found: None,
        steps: 0,
    };
    search.place(0, 0);
    search.found
}

/// Pods that share a node.
#[derive(Clone, Default)]
struct Heap {
    pods: Vec<(LoadIx, u32)>,
    /// The price of the cheapest node that takes them, whatever the limits.
    price: u64,
}

struct Search<'p> {
    problem: &'p Problem,
    /// The load of each pod; those of one load follow each other.
    queue: Vec<LoadIx>,
    heaps: Vec<Heap>,
    /// The price of the best known mix.
    least: u64,
    found: Option<Mix>,
    steps: u32,
}

impl Search<'_> {
    /// Puts the pod at a place of the queue on each heap in turn and on one of its own, and then
    /// the others. Of pods of the same load a later one goes on no earlier heap, since that would
    /// be the same again; `from` is the first heap for it.
    fn place(&mut self, place: usize, from: usize) {
        self.steps += 1;
        let price: u64 = self.heaps.iter().map(|heap| heap.price).sum();
        if price >= self.least || self.steps > MOST_STEPS {
            return;
        }
        let Some(&load) = self.queue.get(place) else { return self.settle() };
        for heap in from..=self.heaps.len() {
            let Some((before, is_new)) = self.put(load, heap) else { continue };
            let next_is_alike = self.queue.get(place + 1) == Some(&load);
            self.place(place + 1, if next_is_alike { heap } else { 0 });
            match is_new {
                true => {
                    self.heaps.pop();
                }
                false => self.heaps[heap] = before,
            }
        }
    }

    /// Puts a pod on a heap, which may be a new one. Returns the heap as it was, and whether it is
    /// new; `None` where no node takes it then.
    fn put(&mut self, load: LoadIx, heap: usize) -> Option<(Heap, bool)> {
        let is_new = heap == self.heaps.len();
        let before = if is_new { Heap::default() } else { self.heaps[heap].clone() };
        let mut pods = before.pods.clone();
        match pods.last_mut().filter(|(last, _)| *last == load) {
            Some((_, count)) => *count += 1,
            None => pods.push((load, 1)),
        }
        let price = self.choices(&pods).next().map(|group| self.problem.price_of(group))?;
        let after = Heap { pods, price };
        if is_new {
            self.heaps.push(after);
        } else {
            self.heaps[heap] = after;
        }
        Some((before, is_new))
    }

    /// Returns the groups whose nodes take these pods together, the cheapest first.
    fn choices<'c>(&'c self, pods: &'c [(LoadIx, u32)]) -> impl Iterator<Item = GroupIx> + 'c {
        self.problem.holding(pods, u64::MAX).filter(|group| self.problem.limits[*group] > 0)
    }

    /// Chooses nodes for the heaps, as the limits allow, once all pods are on heaps.
    fn settle(&mut self) {
        let choices: Vec<Vec<GroupIx>> = self.heaps.iter().map(|heap| self.choices(&heap.pods).collect()).collect();
        let mut chosen = Vec::new();
        self.choose(&choices, &mut self.problem.limits.clone(), 0, &mut chosen);
    }

    fn choose(&mut self, choices: &[Vec<GroupIx>], limits: &mut IndexVec<GroupIx, u32>, price: u64, chosen: &mut Vec<GroupIx>) {
        self.steps += 1;
        if price >= self.least || self.steps > MOST_STEPS {
            return;
        }
        let Some(own) = choices.get(chosen.len()) else {
            self.least = price;
            let node = |(heap, group): (&Heap, &GroupIx)| FilledNode { group: *group, pods: heap.pods.clone(), copies: 1 };
            self.found = Some(self.heaps.iter().zip(&*chosen).map(node).collect());
            return;
        };
        for group in own {
            if limits[*group] > 0 {
                limits[*group] -= 1;
                chosen.push(*group);
                self.choose(choices, limits, price + self.problem.price_of(*group), chosen);
                chosen.pop();
                limits[*group] += 1;
            }
        }
    }
}
