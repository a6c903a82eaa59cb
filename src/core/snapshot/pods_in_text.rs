//! The list of pods in the text of a snapshot, which is nearly all of it: its parts are read at the
//! same time.

use std::marker::PhantomData;
use std::panic::resume_unwind;
use std::thread;

use serde::de::{Error as _, IgnoredAny};
use serde_json::Error;

use super::Pod;
use super::json_text::JsonText;
use super::name::laying_together;
use super::sharing::sharing;

/// The names of so many pods lie in one text, and stay in memory as long as one of them does.
const PODS_A_TEXT: usize = 1000;

/// A part of fewer bytes is not worth a thread.
const SMALLEST_PART: usize = 1 << 18;

/// How far the beginning of a part is looked for: many times the length of a pod.
const FURTHEST: usize = 1 << 20;

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
    let begins = beginnings(*list, threads);
    let ends = begins[1..].iter().copied().chain([list.text.len()]);
    let mut parts = begins.iter().zip(ends).map(|(begin, end)| PartOfPods::new(list.text, *begin, end));
    let mut whole = parts.next().expect("there is always a first part");
    thread::scope(|scope| {
        let others: Vec<_> = parts.map(|mut part| scope.spawn(|| sharing(|| part.read().map(|()| part)))).collect();
        whole.read()?;
        for other in others {
            let other = other.join().unwrap_or_else(|panic| resume_unwind(panic));
            // What comes behind the list only looked like a part of it.
            if !whole.is_last {
                whole.append(other?)?;
            }
        }
        list.place = whole.rest.place;
        if whole.is_last { Ok(whole.pods) } else { Err(Error::custom("the list does not end")) }
    })
}

/// Returns where the parts of the list begin, as it seems: each with a pod, the first one here.
fn beginnings(list: JsonText<'_>, threads: usize) -> Vec<usize> {
    let mut begins = vec![list.place];
    let length = list.text.len() - list.place;
    let parts = threads.min(length / SMALLEST_PART);
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
            let (done, text) = laying_together(|| self.read_some());
            self.pods[before..].iter_mut().for_each(|pod| pod.name.lie_in(&text));
            done?;
        }
        Ok(())
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
