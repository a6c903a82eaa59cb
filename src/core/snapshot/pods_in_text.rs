//! The list of pods in the text of a snapshot, which is nearly all of it: its parts are read at the
//! same time.

use std::collections::BTreeMap;
use std::iter::Enumerate;
use std::marker::PhantomData;
use std::panic::resume_unwind;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::vec::IntoIter;

use serde::de::{Error as _, IgnoredAny};
use serde_json::Error;

use super::Pod;
use super::json_text::JsonText;
use super::name::laying_together;
use super::sharing::sharing;

/// The names of so many pods lie in one text, and stay in memory as long as one of them does.
const PODS_A_TEXT: usize = 1000;

/// A thread reads so many parts, one after the other. The smaller they are, the fewer pods are in
/// memory twice when they are joined, and the memory of one part serves for the next.
const PARTS_A_THREAD: usize = 32;

/// A part of fewer bytes is not worth a thread.
const SMALLEST_PART: usize = 1 << 18;

/// How far the beginning of a part is looked for: many times the length of a pod.
const FURTHEST: usize = 1 << 20;

/// A list of pods, and where it is in the text.
pub(super) struct ListOfPods {
    pub(super) begin: usize,
    pub(super) end: usize,
    pub(super) pods: Vec<Pod>,
}

/// Reads the first list of the text that is the value of `pods`; nothing where that is no list of
/// pods.
pub(super) fn read_first_list(text: &str, threads: usize) -> Option<ListOfPods> {
    const KEY: &str = "\"pods\"";
    let list_behind = |key: usize| {
        let mut rest = JsonText { text, place: key + KEY.len() };
        let is_value = rest.passes(b':');
        rest.skip_blanks();
        (is_value && text[rest.place..].starts_with('[')).then_some(rest)
    };
    // What nodes offer has such a key, too.
    let mut list = text.match_indices(KEY).find_map(|(key, _)| list_behind(key))?;
    let begin = list.place;
    let pods = read_pods(&mut list, threads).ok()?;
    Some(ListOfPods { begin, end: list.place, pods })
}

/// Reads the list that begins here, and passes it.
///
/// # Errors
/// When it is no list of pods, or a part begins elsewhere than it seemed.
pub(super) fn read_pods(list: &mut JsonText<'_>, threads: usize) -> Result<Vec<Pod>, Error> {
    list.expect(b'[')?;
    if list.passes(b']') {
        return Ok(Vec::new());
    }
    list.skip_blanks();
    let begins = beginnings(*list, if threads > 1 { threads * PARTS_A_THREAD } else { 1 });
    let ends = begins[1..].iter().copied().chain([list.text.len()]);
    let parts: Vec<_> = begins.iter().zip(ends).map(|(begin, end)| PartOfPods::new(list.text, *begin, end)).collect();
    let whole = joined(parts, threads)?;
    list.place = whole.rest.place;
    if whole.is_last { Ok(whole.pods) } else { Err(Error::custom("the list does not end")) }
}

/// Reads parts on so many threads, and joins them.
fn joined(mut parts: Vec<PartOfPods<'_>>, threads: usize) -> Result<PartOfPods<'_>, Error> {
    if let [part] = parts.as_mut_slice() {
        part.read()?;
        return Ok(parts.swap_remove(0));
    }
    let number = parts.len();
    let unread = Mutex::new(parts.into_iter().enumerate());
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        let read_some = |sender| sharing(|| read_one_by_one(&unread, &sender));
        let workers: Vec<_> =
            (0..threads).map(|_| sender.clone()).map(|sender| scope.spawn(move || read_some(sender))).collect();
        drop(sender);
        let joined = in_order(receiver, number);
        for worker in workers {
            worker.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
        joined
    })
}

/// A part that was read, with its place among the parts.
type PartRead<'t> = (usize, Result<PartOfPods<'t>, Error>);

/// Reads parts until there are none left, or nobody takes them any more.
fn read_one_by_one<'t>(unread: &Mutex<Enumerate<IntoIter<PartOfPods<'t>>>>, sender: &Sender<PartRead<'t>>) {
    let next = || unread.lock().unwrap_or_else(PoisonError::into_inner).next();
    while let Some((place, mut part)) = next() {
        let read = part.read().map(|()| part);
        if sender.send((place, read)).is_err() {
            return;
        }
    }
}

/// Joins so many parts in their order, each as soon as it is its turn: few of the pods are in
/// memory twice.
fn in_order(parts: Receiver<PartRead<'_>>, number: usize) -> Result<PartOfPods<'_>, Error> {
    let mut whole: Option<PartOfPods<'_>> = None;
    let mut early = BTreeMap::new();
    let mut turn = 0;
    for (place, part) in parts {
        early.insert(place, part);
        while let Some(part) = early.remove(&turn) {
            turn += 1;
            match &mut whole {
                None => {
                    let first = whole.insert(part?);
                    first.pods.reserve(first.pods.len() * (number - 1));
                }
                // What comes behind the list only looked like a part of it.
                Some(whole) if whole.is_last => {}
                Some(whole) => whole.append(part?)?,
            }
        }
    }
    whole.ok_or_else(|| Error::custom("no part was read"))
}

/// Returns where the parts of the list begin, as it seems: each with a pod, the first one here.
/// There are at most so many.
fn beginnings(list: JsonText<'_>, most: usize) -> Vec<usize> {
    let mut begins = vec![list.place];
    let length = list.text.len() - list.place;
    let parts = most.min(length / SMALLEST_PART);
    let Ok((joint, to_the_next)) = joint(list) else { return begins };
    for part in 1..parts {
        let about = list.text.ceil_char_boundary(list.place + length / parts * part);
        let end = list.text.ceil_char_boundary(about + FURTHEST);
        let found = list.text[about..end].find(joint).map(|found| about + found + to_the_next);
        begins.extend(found.filter(|begin| begins.last() < Some(begin)));
    }
    begins
}

/// Returns the text from the end of the first pod to the first field of the second one, and how far
/// it is in it to where that one begins. It is expected between any two pods, and nowhere else.
fn joint(mut list: JsonText<'_>) -> Result<(&str, usize), Error> {
    list.value(PhantomData::<IgnoredAny>)?;
    let end = list.place - 1;
    list.expect(b',')?;
    list.skip_blanks();
    let begin = list.place;
    list.expect(b'{')?;
    list.skip_blanks();
    list.value(PhantomData::<IgnoredAny>)?;
    Ok((&list.text[end..list.place], begin - end))
}

/// Pods that follow each other in the list.
struct PartOfPods<'t> {
    begin: usize,
    /// Where the next part begins.
    end: usize,
    rest: JsonText<'t>,
    pods: Vec<Pod>,
    /// Whether the list ends with them.
    is_last: bool,
}

impl<'t> PartOfPods<'t> {
    fn new(text: &'t str, begin: usize, end: usize) -> Self {
        Self { begin, end, rest: JsonText { text, place: begin }, pods: Vec::new(), is_last: false }
    }

    fn read(&mut self) -> Result<(), Error> {
        while !self.is_last && self.rest.place < self.end {
            let before = self.pods.len();
            self.reserve();
            let (done, texts) = laying_together(|| self.read_some());
            for pod in &mut self.pods[before..] {
                pod.name.lie_in(&texts.names);
                pod.uid.lie_in(&texts.uids);
            }
            done?;
        }
        Ok(())
    }

    /// Makes room for as many pods as the rest has if they are as long as those before.
    fn reserve(&mut self) {
        let (passed, left) = (self.rest.place - self.begin, self.end.saturating_sub(self.rest.place));
        if let Some(more) = (self.pods.len() * left).checked_div(passed) {
            self.pods.reserve(more);
        }
    }

    /// Reads the next pods, whose names then lie in one text.
    fn read_some(&mut self) -> Result<(), Error> {
        for _ in 0..PODS_A_TEXT {
            self.pods.push(self.rest.value(PhantomData)?);
            self.is_last = self.rest.passes(b']');
            if self.is_last {
                break;
            }
            self.rest.expect(b',')?;
            self.rest.skip_blanks();
            if self.rest.place >= self.end {
                break;
            }
        }
        Ok(())
    }

    /// Adds the part that follows.
    ///
    /// # Errors
    /// When it does not begin where this one ends.
    fn append(&mut self, mut next: Self) -> Result<(), Error> {
        if self.rest.place != next.begin {
            return Err(Error::custom("a part begins within a pod"));
        }
        self.pods.append(&mut next.pods);
        (self.rest, self.is_last) = (next.rest, next.is_last);
        Ok(())
    }
}
