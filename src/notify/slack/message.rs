//! What is said to whom, and under which key it is remembered.

use std::collections::BTreeMap;
use std::fmt;

use crate::notify::news::{Leaving, News, never_fits, some_of};
use crate::notify::words::{cut, why_not_helped};
use crate::notify::{RunEnd, Subjects};
use crate::plan::{PodVerdict, Refusal, count};
use crate::snapshot::ObjectName;

/// Lines of a message; more are counted.
const MOST_LINES: usize = 20;
/// Bytes of a line.
const LONGEST_LINE: usize = 700;

/// Who is written to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Receiver {
    /// The channel of the webhook.
    Channel,
    /// The person in the label `owner` of a pod.
    Person { owner: String },
}

impl fmt::Display for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Channel => f.write_str("the channel of --slack-hook"),
            Self::Person { owner } => write!(f, "owner {owner}"),
        }
    }
}

/// One thing said to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) receiver: Receiver,
    /// The same for the same news.
    pub(super) key: String,
    pub(super) text: String,
    /// Whether the next run has the same to say, so that it must not be said without a memory.
    pub(super) repeats: bool,
}

/// Everything there is to say, to the channel and to the people whose pods it is about.
pub(super) fn lines(news: &[News<'_>], end: &RunEnd<'_>) -> Vec<Line> {
    let none = Subjects::default();
    let subjects = end.work.as_ref().map_or(&none, |work| work.subjects);
    news.iter().filter_map(said).flat_map(|said| said.to_everybody(subjects)).collect()
}

/// Makes a sentence about some pods.
type Sentence<'a> = Box<dyn Fn(&[&ObjectName]) -> String + 'a>;

/// News as a sentence about some pods.
struct Said<'a> {
    key: String,
    /// The sentence around the pods.
    sentence: Sentence<'a>,
    pods: Vec<&'a ObjectName>,
    /// Whether the owners of the pods hear it too.
    is_personal: bool,
    repeats: bool,
}

impl Said<'_> {
    fn to_everybody(&self, subjects: &Subjects) -> Vec<Line> {
        let line = |receiver: Receiver, key: String, pods: &[&ObjectName]| {
            let text = cut(&escape(&(self.sentence)(pods)), LONGEST_LINE).into_owned();
            Line { receiver, key, text, repeats: self.repeats }
        };
        let mut lines = vec![line(Receiver::Channel, format!("channel {}", self.key), &self.pods)];
        if self.is_personal {
            let mut by_owner: BTreeMap<&str, Vec<&ObjectName>> = BTreeMap::new();
            for pod in &self.pods {
                if let Some(owner) = subjects.pod(pod).and_then(|pod| pod.owner.as_deref()) {
                    by_owner.entry(owner).or_default().push(pod);
                }
            }
            lines.extend(by_owner.into_iter().map(|(owner, pods)| {
                line(Receiver::Person { owner: owner.to_owned() }, format!("owner {owner} {}", self.key), &pods)
            }));
        }
        lines
    }
}

fn said<'a>(news: &'a News<'a>) -> Option<Said<'a>> {
    Some(match news {
        News::ScaledUp { group, from, to, max: _, pods } => Said {
            key: format!("scaled-up {}/{} {to}", group.region, group.name),
            sentence: Box::new(move |pods| format!("scaled up {group} {from}→{to} for {}", number(pods))),
            pods: pods.clone(),
            is_personal: false,
            repeats: false,
        },
        News::ScaleUpFailed { group, error, pods } => Said {
            key: format!("scale-up-failed {}/{}", group.region, group.name),
            sentence: Box::new(move |pods| format!("failed to scale up {group} for {}: {error}", number(pods))),
            pods: pods.clone(),
            is_personal: true,
            repeats: true,
        },
        News::NotHelped { verdict, pods } => not_helped(verdict, pods),
        News::ScaleIn { node, step: Leaving::Emptied { pods } } => Said {
            key: format!("drained {} {}", node.name, node.uid),
            sentence: Box::new(move |pods| format!("drained {}: {} asked to leave", node.name, some_of(pods))),
            pods: pods.iter().map(|eviction| &eviction.pod).collect(),
            is_personal: true,
            repeats: false,
        },
        News::RunFailed { error } => Said {
            key: "run-failed".to_owned(),
            sentence: Box::new(move |_| format!("failed to scale: {error}")),
            pods: Vec::new(),
            is_personal: false,
            repeats: true,
        },
        // Idle nodes come and go all day; Events tell of them.
        News::ScaleIn { .. } | News::ScaleInFailed { .. } => return None,
    })
}

fn not_helped<'a>(verdict: &'a PodVerdict, pods: &[&'a ObjectName]) -> Said<'a> {
    let why = why_not_helped(verdict, LONGEST_LINE / 2);
    let never = never_fits(verdict);
    let key = match never {
        true => format!("never-fits {why}"),
        false => format!("no-help {}", kinds(verdict)),
    };
    let sentence = move |pods: &[&ObjectName]| match never {
        true => format!("{} can never fit: {why}", some_of(pods)),
        false => format!("failed to scale for {}: {why}", some_of(pods)),
    };
    Said {
        key: cut(&key, LONGEST_LINE).into_owned(),
        sentence: Box::new(sentence),
        pods: pods.to_vec(),
        is_personal: true,
        repeats: true,
    }
}

/// Which groups refuse for which kind of reason: unlike the sentence it does not change with numbers and times.
fn kinds(verdict: &PodVerdict) -> String {
    let PodVerdict::CannotHelp { refusals } = verdict else { return verdict.to_string() };
    let kind = |refusal: &Refusal| match refusal {
        Refusal::Misfit { .. } => "misfit",
        Refusal::ZoneNotCertain { .. } => "zone",
        Refusal::ZonesClosed { .. } => "closed",
        Refusal::Blocked { .. } => "blocked",
        Refusal::Full { .. } => "full",
        Refusal::MaxScaleUp { .. } | Refusal::ClusterLimit { .. } => "limit",
        Refusal::NotReviewed => "not-reviewed",
    };
    let kinds =
        refusals.iter().map(|refused| format!("{}/{}={}", refused.group.region, refused.group.name, kind(&refused.refusal)));
    kinds.collect::<Vec<_>>().join(" ")
}

fn number(pods: &[&ObjectName]) -> String {
    count(u64::try_from(pods.len()).unwrap_or(u64::MAX), "pod")
}

/// The three characters that mean something in Slack's texts.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// One message: the cluster, and a line for each piece of news.
pub(super) fn text(lines: &[&Line], cluster: &str) -> String {
    let mut text = format!("*{}*", escape(cluster));
    for line in lines.iter().take(MOST_LINES) {
        text.push_str("\n• ");
        text.push_str(&line.text);
    }
    match lines.len().saturating_sub(MOST_LINES) {
        0 => text,
        more => format!("{text}\n… and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::plan::{GroupRefusal, GrowthBlock};
    use crate::snapshot::GroupId;

    fn end() -> RunEnd<'static> {
        let (ended, took) = (Timestamp::UNIX_EPOCH, Duration::ZERO);
        RunEnd { cluster: "prod", ended, took, exit_code: 0, error: None, work: None }
    }

    fn blocked(until: &str) -> PodVerdict {
        let at = |text: &str| text.parse::<Timestamp>().expect("a timestamp");
        let block = GrowthBlock::Backoff {
            until: at(until),
            failed_at: at("2026-11-22T11:00:00Z"),
            message: "<none> & nothing".into(),
            now: at("2026-11-22T12:00:00Z"),
        };
        let group = GroupId { region: "us-west-2".into(), name: "gpu".into() };
        let refusals = [GroupRefusal { group, refusal: Refusal::Blocked { block } }].into_iter().collect();
        PodVerdict::CannotHelp { refusals }
    }

    #[test]
    fn the_same_trouble_has_the_same_key_although_its_words_change() {
        let pod = ObjectName::new("ml", "train");
        let line = |until: &str| {
            let verdict = blocked(until);
            lines(&[News::NotHelped { verdict: &verdict, pods: vec![&pod] }], &end()).remove(0)
        };
        let (one, other) = (line("2026-11-22T12:42:00Z"), line("2026-11-22T13:42:00Z"));
        assert_eq!(one.key, other.key);
        assert_ne!(one.text, other.text);
        assert_eq!(
            one.text,
            "failed to scale for ml/train: gpu (us-west-2): in backoff until 2026-11-22 12:42 UTC: &lt;none&gt; &amp; nothing"
        );
    }

    #[test]
    fn a_message_has_so_many_lines() {
        let line = |number: usize| Line {
            receiver: Receiver::Channel,
            key: number.to_string(),
            text: format!("line {number}"),
            repeats: false,
        };
        let all: Vec<Line> = (0..25).map(line).collect();
        let text = text(&all.iter().collect::<Vec<_>>(), "a & b");
        assert!(text.starts_with("*a &amp; b*\n• line 0\n") && text.ends_with("\n• line 19\n… and 5 more"), "{text}");
    }
}
