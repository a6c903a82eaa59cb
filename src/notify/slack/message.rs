//! The lines of a message, their receivers, and the keys under which they are remembered.
//!
//! About pods that nothing helps each namespace has lines of its own, so that a namespace with too
//! many loses only its own lines.

use std::collections::BTreeMap;

use super::markup::without_markup;
use super::receiver::Receiver;
use crate::fair_order::in_turn;
use crate::notify::news::{LeavingStep, News, never_fits, some_of};
use crate::notify::words::{LONGEST_NAME, for_others, why_not_helped};
use crate::notify::{RunEnd, Subjects};
use crate::plan::{PodVerdict, Refusal, count};
use crate::snapshot::ObjectName;

/// At most this many lines are about the pods of one namespace that nothing helps; one more line
/// covers the rest.
const MOST_TROUBLES: usize = 8;
/// The most bytes of a line, before Slack's escapes.
const LONGEST_LINE: usize = 700;

/// One thing to write to one receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MessageLine {
    pub(super) receiver: Receiver,
    /// The key, which is the same for the same news.
    pub(super) key: String,
    pub(super) text: String,
    /// Whether the next run would repeat it, so that it must not be sent without a memory.
    pub(super) repeats: bool,
    /// The namespace of the pods that nothing helps; none where the line is about what the run did.
    pub(super) namespace: Option<String>,
}

/// Returns all lines, to the channel and to the owners of the pods: those about what the run did
/// come first.
pub(super) fn lines(news: &[News<'_>], end: &RunEnd<'_>) -> Vec<MessageLine> {
    let none = Subjects::default();
    let subjects = end.work.as_ref().map_or(&none, |work| work.subjects);
    let done = news.iter().filter_map(sentence_about).flat_map(|sentence| sentence.to_everybody(subjects));
    done.chain(troubles_by_namespace(news).iter().flat_map(|(namespace, troubles)| unhelped(namespace, troubles, subjects)))
        .collect()
}

/// Makes a sentence about some pods.
type Sentence<'a> = Box<dyn Fn(&[&ObjectName]) -> String + 'a>;

/// News as a sentence about some pods.
struct NewsSentence<'a> {
    key: String,
    /// The sentence around the pods.
    sentence: Sentence<'a>,
    pods: Vec<&'a ObjectName>,
    /// Whether the owners of the pods receive it too.
    is_personal: bool,
    repeats: bool,
}

impl NewsSentence<'_> {
    fn to_everybody(&self, subjects: &Subjects) -> Vec<MessageLine> {
        let line = |receiver: Receiver, pods: &[&ObjectName]| MessageLine {
            repeats: self.repeats,
            ..line(receiver, &self.key, &(self.sentence)(pods))
        };
        let mut lines = vec![line(Receiver::Channel, &self.pods)];
        if self.is_personal {
            lines.extend(by_owner(&self.pods, subjects).into_iter().map(|(owner, pods)| line(owner, &pods)));
        }
        lines
    }
}

/// Makes one line. The key and the sentence may hold data of others.
fn line(receiver: Receiver, key: &str, sentence: &str) -> MessageLine {
    let key = match &receiver {
        Receiver::Channel => format!("channel {key}"),
        Receiver::Person { owner } => format!("owner {owner} {key}"),
    };
    let text = without_markup(&for_others(sentence, LONGEST_LINE));
    MessageLine { receiver, key: for_others(&key, LONGEST_LINE), text, repeats: true, namespace: None }
}

/// Returns the pods that have an owner, by owner.
fn by_owner<'a>(pods: &[&'a ObjectName], subjects: &Subjects) -> Vec<(Receiver, Vec<&'a ObjectName>)> {
    let mut by_owner: BTreeMap<&str, Vec<&ObjectName>> = BTreeMap::new();
    for pod in pods {
        if let Some(owner) = subjects.pod(pod).and_then(|pod| pod.owner.as_deref()) {
            by_owner.entry(owner).or_default().push(pod);
        }
    }
    by_owner.into_iter().map(|(owner, pods)| (Receiver::Person { owner: owner.to_owned() }, pods)).collect()
}

/// Returns what the run did, or failed to do.
fn sentence_about<'a>(news: &'a News<'a>) -> Option<NewsSentence<'a>> {
    Some(match news {
        News::ScaledUp { group, from, to, max: _, pods } => NewsSentence {
            key: format!("scaled-up {}/{} {to}", group.region, group.name),
            sentence: Box::new(move |pods| format!("scaled up {group} {from}→{to} for {}", number(pods))),
            pods: pods.clone(),
            is_personal: false,
            repeats: false,
        },
        News::ScaleUpFailed { group, error, pods } => NewsSentence {
            key: format!("scale-up-failed {}/{}", group.region, group.name),
            sentence: Box::new(move |pods| format!("failed to scale up {group} for {}: {error}", number(pods))),
            pods: pods.clone(),
            is_personal: true,
            repeats: true,
        },
        News::ScaleIn { node, step: LeavingStep::Emptied { pods } } => NewsSentence {
            key: format!("drained {} {}", node.name, node.uid),
            sentence: Box::new(move |pods| format!("drained {}: {} evicted", node.name, some_of(pods))),
            pods: pods.iter().map(|eviction| &eviction.pod).collect(),
            is_personal: true,
            repeats: false,
        },
        News::RunFailed { error } => NewsSentence {
            key: "run-failed".to_owned(),
            sentence: Box::new(move |_| format!("failed to scale: {error}")),
            pods: Vec::new(),
            is_personal: false,
            repeats: true,
        },
        // Idle nodes come and go all day, and Events cover them. Pods that nothing helps come
        // below.
        News::ScaleIn { .. } | News::ScaleInFailed { .. } | News::NotHelped { .. } => return None,
    })
}

/// Why nothing helps some pods of one namespace.
struct PodTrouble<'a> {
    verdict: &'a PodVerdict,
    pods: Vec<&'a ObjectName>,
}

fn troubles_by_namespace<'a>(news: &'a [News<'a>]) -> BTreeMap<&'a str, Vec<PodTrouble<'a>>> {
    let mut troubles: BTreeMap<&str, Vec<PodTrouble<'_>>> = BTreeMap::new();
    for one in news {
        let News::NotHelped { verdict, pods } = one else { continue };
        let mut by_namespace: BTreeMap<&str, Vec<&ObjectName>> = BTreeMap::new();
        for pod in pods {
            by_namespace.entry(&pod.namespace).or_default().push(pod);
        }
        for (namespace, pods) in by_namespace {
            troubles.entry(namespace).or_default().push(PodTrouble { verdict, pods });
        }
    }
    troubles
}

/// Returns the lines about the pods of a namespace that nothing helps, the owners in turn.
fn unhelped(namespace: &str, troubles: &[PodTrouble<'_>], subjects: &Subjects) -> Vec<MessageLine> {
    let mut of: BTreeMap<Receiver, Vec<PodTrouble<'_>>> = BTreeMap::new();
    for PodTrouble { verdict, pods } in troubles {
        for (receiver, pods) in by_owner(pods, subjects).into_iter().chain([(Receiver::Channel, pods.clone())]) {
            of.entry(receiver).or_default().push(PodTrouble { verdict, pods });
        }
    }
    let owner = |trouble: &PodTrouble<'_>| trouble.pods.first().and_then(|pod| subjects.pod(pod)?.owner.clone());
    of.into_iter().flat_map(|(receiver, troubles)| unhelped_of(&receiver, namespace, &in_turn(troubles, owner))).collect()
}

/// Returns the lines of one receiver: some troubles one by one, and the rest together.
fn unhelped_of(receiver: &Receiver, namespace: &str, troubles: &[PodTrouble<'_>]) -> Vec<MessageLine> {
    let (first, rest) = troubles.split_at(troubles.len().min(MOST_TROUBLES));
    let of_namespace = |(key, sentence): (String, String)| {
        let key = format!("{} {key}", for_others(namespace, LONGEST_NAME));
        MessageLine { namespace: Some(namespace.to_owned()), ..line(receiver.clone(), &key, &sentence) }
    };
    let rest_together = (!rest.is_empty()).then(|| {
        let pods: Vec<&ObjectName> = rest.iter().flat_map(|trouble| trouble.pods.iter().copied()).collect();
        let reasons = count(u64::try_from(rest.len()).unwrap_or(u64::MAX), "further reason");
        ("more".to_owned(), format!("failed to scale for {}, for {reasons}", some_of(&pods)))
    });
    first.iter().map(PodTrouble::key_and_sentence).chain(rest_together).map(of_namespace).collect()
}

impl PodTrouble<'_> {
    /// Returns its key and its sentence.
    fn key_and_sentence(&self) -> (String, String) {
        let why = why_not_helped(self.verdict, LONGEST_LINE / 2);
        match never_fits(self.verdict) {
            true => (format!("never-fits {why}"), format!("{} can never fit: {why}", some_of(&self.pods))),
            false => {
                (format!("no-help {}", kinds(self.verdict)), format!("failed to scale for {}: {why}", some_of(&self.pods)))
            }
        }
    }
}

/// Returns which groups refuse for which kind of reason: unlike the sentence it does not change
/// with numbers and times.
fn kinds(verdict: &PodVerdict) -> String {
    let refusals = match verdict {
        PodVerdict::CannotHelp { refusals } | PodVerdict::GangWithoutRoom { refusals, .. } => refusals,
        PodVerdict::Refused { node, .. } => return format!("refused {node}"),
        _ => return verdict.to_string(),
    };
    let kind = |refusal: &Refusal| match refusal {
        Refusal::Misfit { .. } => "misfit",
        Refusal::LabelNotYetKnown { .. } => "label",
        Refusal::ZoneNotCertain { .. } => "zone",
        Refusal::ZonesClosed { .. } => "closed",
        Refusal::Blocked { .. } => "blocked",
        Refusal::ReservationEnds { .. } => "reservation-ends",
        Refusal::RefusedOnSibling { .. } => "refused",
        Refusal::HelpedNobody { .. } => "helped-nobody",
        Refusal::Full { .. } => "full",
        Refusal::MaxScaleUp { .. } | Refusal::MaxGrowth { .. } | Refusal::ClusterLimit { .. } | Refusal::NamedLimit { .. } => {
            "limit"
        }
        Refusal::OverPodQuota { .. } | Refusal::Quota { .. } => "quota",
        Refusal::NotReviewed => "not-reviewed",
        Refusal::CheckRefuses => "check-refuses",
    };
    let kinds =
        refusals.iter().map(|refused| format!("{}/{}={}", refused.group.region, refused.group.name, kind(&refused.refusal)));
    kinds.collect::<Vec<_>>().join(" ")
}

fn number(pods: &[&ObjectName]) -> String {
    count(u64::try_from(pods.len()).unwrap_or(u64::MAX), "pod")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::plan::{ClosedPart, GroupRefusal, GrowthBlock};
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

    fn never_fits_of(pods: &[(ObjectName, String)]) -> Vec<(PodVerdict, Vec<&ObjectName>)> {
        let group = GroupId { region: "us-west-2".into(), name: "gpu".into() };
        let verdict = |message: &str| {
            let parts = vec![ClosedPart {
                zone: Some("us-west-2a".into()),
                machine_type: None,
                until: Timestamp::UNIX_EPOCH,
                failed_at: Timestamp::UNIX_EPOCH,
                message: message.to_owned(),
                now: Timestamp::UNIX_EPOCH,
            }];
            let refusals = [GroupRefusal { group: group.clone(), refusal: Refusal::ZonesClosed { parts } }];
            PodVerdict::CannotHelp { refusals: refusals.into_iter().collect() }
        };
        pods.iter().map(|(pod, message)| (verdict(message), vec![pod])).collect()
    }

    #[test]
    fn of_one_namespace_so_much_is_said_and_the_rest_together() {
        let flood = (0..50).map(|number| (ObjectName::new("flood", format!("p-{number:02}")), format!("reason {number}")));
        let pods: Vec<(ObjectName, String)> = flood.chain([(ObjectName::new("quiet", "q"), "why".to_owned())]).collect();
        let troubles = never_fits_of(&pods);
        let news: Vec<News<'_>> =
            troubles.iter().map(|(verdict, pods)| News::NotHelped { verdict, pods: pods.clone() }).collect();
        let lines = lines(&news, &end());
        let of = |namespace: &str| lines.iter().filter(|line| line.namespace.as_deref() == Some(namespace)).count();
        assert_eq!((of("flood"), of("quiet"), lines.len()), (9, 1, 10));
        assert_eq!(lines[8].text, "failed to scale for flood/p-08, flood/p-09, flood/p-10 and 39 more, for 42 further reasons");
        assert!(lines[9].text.starts_with("failed to scale for quiet/q: gpu (us-west-2): "), "{}", lines[9].text);
    }

    #[test]
    fn what_a_tenant_writes_stays_within_its_line() {
        let nasty = "x\n• *SECURITY*: sign in at https://evil.example <!channel>\u{202e} arn:aws:iam::123456789012:role/ci";
        let pods = [(ObjectName::new("ml", "innocent"), nasty.to_owned())];
        let troubles = never_fits_of(&pods);
        let news: Vec<News<'_>> =
            troubles.iter().map(|(verdict, pods)| News::NotHelped { verdict, pods: pods.clone() }).collect();
        let [line] = &lines(&news, &end())[..] else { panic!("one line") };
        assert!(!line.text.chars().any(crate::plain_text::is_hidden), "{:?}", line.text);
        let shown = r"x\n• ∗SECURITY∗: sign in at https∶//evil.example &lt;!channel&gt;\u{202e} arn:aws:iam:…:role/…";
        assert!(line.text.ends_with(shown), "{}", line.text);
    }
}
