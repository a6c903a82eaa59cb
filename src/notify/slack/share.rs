//! The lines that a message has room for: first what the run did, then the pods that nothing helps,
//! the namespaces in turn.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::markup::without_markup;
use super::message::MessageLine;
use crate::fair_order::in_turn;

/// At most this many lines are about what the run did, and as many about pods that nothing helps;
/// the rest is counted.
const MOST_LINES: usize = 20;

/// A message to one receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) text: String,
    /// The keys of what need not be sent again. Lines without room are sent by the next run, unless
    /// their namespace had its share.
    pub(super) keys: Vec<String>,
}

/// Makes a message: the cluster, a line for each thing that the run did, and a line for each
/// trouble of pods.
pub(super) fn message(lines: &[&MessageLine], cluster: &str) -> Message {
    let (of_run, of_pods): (Vec<&MessageLine>, Vec<&MessageLine>) = lines.iter().partition(|line| line.namespace.is_none());
    let mut message = Message { text: format!("*{}*", without_markup(cluster)), keys: Vec::new() };
    let shown_of_run: Vec<usize> = (0..of_run.len().min(MOST_LINES)).collect();
    add(&mut message, &of_run, &shown_of_run);
    let mut shown = in_turn(0..of_pods.len(), |place| of_pods[*place].namespace.clone());
    shown.truncate(MOST_LINES);
    shown.sort_unstable();
    add(&mut message, &of_pods, &shown);
    let heard: BTreeSet<&Option<String>> = shown.iter().map(|place| &of_pods[*place].namespace).collect();
    let left = of_pods.iter().enumerate().filter(|(place, line)| !shown.contains(place) && heard.contains(&line.namespace));
    message.keys.extend(left.map(|(_, line)| line.key.clone()));
    message
}

/// Adds the lines at these places, and how many others there are.
fn add(message: &mut Message, lines: &[&MessageLine], shown: &[usize]) {
    for line in shown.iter().map(|place| lines[*place]) {
        message.text.push_str("\n• ");
        message.text.push_str(&line.text);
        message.keys.push(line.key.clone());
    }
    if let more @ 1.. = lines.len() - shown.len() {
        // Writing to a String cannot fail.
        let _ = write!(message.text, "\n… and {more} more");
    }
}

#[cfg(test)]
mod tests {
    use super::super::receiver::Receiver;
    use super::*;

    fn line(namespace: Option<&str>, number: usize) -> MessageLine {
        let text = format!("{} {number}", namespace.unwrap_or("run"));
        MessageLine {
            receiver: Receiver::Channel,
            key: text.clone(),
            text,
            repeats: true,
            namespace: namespace.map(str::to_owned),
        }
    }

    fn of(lines: &[MessageLine]) -> Message {
        message(&lines.iter().collect::<Vec<_>>(), "a & b")
    }

    #[test]
    fn a_message_has_so_many_lines_of_each_kind() {
        let lines: Vec<MessageLine> =
            (0..25).map(|number| line(None, number)).chain((0..22).map(|number| line(Some("ml"), number))).collect();
        let Message { text, keys } = of(&lines);
        let told: Vec<&str> = text.lines().collect();
        assert_eq!((told[0], told[1], told[20], told[21]), ("*a &amp; b*", "• run 0", "• run 19", "… and 5 more"));
        assert_eq!((told[22], told[41], told[42], told.len()), ("• ml 0", "• ml 19", "… and 2 more", 43));
        assert!(!keys.contains(&"run 20".to_owned()), "the next run says it");
        assert!(keys.contains(&"ml 21".to_owned()), "its namespace had its share");
    }

    #[test]
    fn one_namespace_hides_no_other() {
        let mut lines: Vec<MessageLine> = (0..1000).map(|number| line(Some("aa-flood"), number)).collect();
        lines.push(line(Some("zz-quiet"), 0));
        let Message { text, .. } = of(&lines);
        assert!(text.contains("\n• zz-quiet 0\n… and 981 more"), "{text}");
        assert_eq!(text.matches("aa-flood").count(), 19);
    }

    #[test]
    fn of_more_namespaces_than_lines_the_next_run_tells() {
        let lines: Vec<MessageLine> = (0..30).map(|number| line(Some(&format!("ns-{number:02}")), 0)).collect();
        let Message { keys, .. } = of(&lines);
        assert_eq!((keys.len(), keys.last().map(String::as_str)), (20, Some("ns-19 0")));
    }
}
