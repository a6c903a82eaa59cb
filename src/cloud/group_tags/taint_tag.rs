//! A taint in a tag: `…/taint/KEY` with `VALUE:Effect`, and the other words in which people and
//! programs write it.
//!
//! A taint that cannot be read still keeps pods away: a group is bought in for nothing when its
//! nodes have a taint that the planner does not know, and at worst stays empty when it is closed.

use crate::snapshot::{Taint, TaintEffect};

/// The key of a taint whose key cannot be read. Only a toleration of everything matches it.
const UNREADABLE_KEY: &str = "(unreadable)";

/// A taint of a tag.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TaintTag {
    pub(super) taint: Taint,
    /// Whether it is written as Cluster Autoscaler reads it.
    pub(super) is_usual: bool,
    /// Whether the effect is a guess.
    pub(super) is_effect_unread: bool,
}

/// Reads a taint from what stands behind `…/taint/` in the tag's key, and from the tag's value.
pub(super) fn read(name: &str, value: &str) -> TaintTag {
    let usual = value.rsplit_once(':').and_then(|(own, effect)| Some((own, usual_effect(effect)?)));
    if let Some((own, effect)) = usual.filter(|_| is_key(name)).filter(|(own, _)| !own.contains('=')) {
        let taint = Taint { key: name.to_owned(), value: own.to_owned(), effect };
        return TaintTag { taint, is_usual: true, is_effect_unread: false };
    }
    in_other_words(name.trim(), value.trim())
}

fn in_other_words(name: &str, value: &str) -> TaintTag {
    let (name, own, effect) = if name.contains('=') {
        of_text(name, value)
    } else if let Some((key, effect)) = name.rsplit_once(':') {
        let (key, own, otherwise) = of_value(key, value);
        (key, own, effect_of(effect).or(otherwise))
    } else {
        of_value(name, value)
    };
    let key = if is_key(&name) { name } else { UNREADABLE_KEY.to_owned() };
    let taint = Taint { key, value: own, effect: effect.unwrap_or(TaintEffect::NoSchedule) };
    TaintTag { taint, is_usual: false, is_effect_unread: effect.is_none() }
}

/// Reads `KEY=VALUE:Effect`, with the effect that stands elsewhere where it has none itself.
fn of_text(text: &str, elsewhere: &str) -> (String, String, Option<TaintEffect>) {
    let (rest, effect) = text.rsplit_once(':').unwrap_or((text, elsewhere));
    let (key, own) = rest.split_once('=').unwrap_or((rest, ""));
    (key.to_owned(), own.to_owned(), effect_of(effect))
}

/// Reads the value of a tag whose key names the taint: `VALUE:Effect`, `KEY=VALUE:Effect`,
/// `Effect`, `Effect:VALUE` or a value alone.
fn of_value(name: &str, value: &str) -> (String, String, Option<TaintEffect>) {
    if let Some(effect) = effect_of(value) {
        return (name.to_owned(), String::new(), Some(effect));
    }
    let (own, effect) = value.rsplit_once(':').unwrap_or((value, ""));
    let (own, effect) = match (effect_of(effect), effect_of(own)) {
        (None, Some(first)) => (effect, Some(first)),
        (effect, _) => (own, effect),
    };
    match own.split_once('=') {
        Some((key, own)) if name.is_empty() || name == key => (key.to_owned(), own.trim().to_owned(), effect),
        _ => (name.to_owned(), own.trim().to_owned(), effect),
    }
}

fn is_key(text: &str) -> bool {
    !text.is_empty() && !text.contains([':', '=']) && !text.contains(char::is_whitespace)
}

fn usual_effect(text: &str) -> Option<TaintEffect> {
    match text {
        "NoSchedule" => Some(TaintEffect::NoSchedule),
        "PreferNoSchedule" => Some(TaintEffect::PreferNoSchedule),
        "NoExecute" => Some(TaintEffect::NoExecute),
        _ => None,
    }
}

/// Returns the effect in any spelling, such as the `NO_SCHEDULE` of EKS and Terraform.
pub(in crate::cloud) fn effect_of(text: &str) -> Option<TaintEffect> {
    let letters: String = text.chars().filter(char::is_ascii_alphabetic).map(|letter| letter.to_ascii_lowercase()).collect();
    match letters.as_str() {
        "noschedule" => Some(TaintEffect::NoSchedule),
        "prefernoschedule" => Some(TaintEffect::PreferNoSchedule),
        "noexecute" => Some(TaintEffect::NoExecute),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_form() {
        for (value, text) in [
            ("true:NoSchedule", "dedicated=true:NoSchedule"),
            (":NoExecute", "dedicated:NoExecute"),
            ("a:b:PreferNoSchedule", "dedicated=a:b:PreferNoSchedule"),
        ] {
            let read = read("dedicated", value);
            assert_eq!((read.taint.to_string().as_str(), read.is_usual, read.is_effect_unread), (text, true, false));
        }
    }

    #[test]
    fn other_words_whose_meaning_is_certain() {
        for (name, value, text) in [
            ("gpu", "NoSchedule", "gpu:NoSchedule"),
            ("gpu", "NO_SCHEDULE", "gpu:NoSchedule"),
            ("gpu", "true:NO_SCHEDULE", "gpu=true:NoSchedule"),
            ("gpu", "true:PREFER_NO_SCHEDULE", "gpu=true:PreferNoSchedule"),
            ("gpu", "true:no-execute", "gpu=true:NoExecute"),
            ("gpu", " true:NoSchedule ", "gpu=true:NoSchedule"),
            ("gpu", "gpu=true:NoSchedule", "gpu=true:NoSchedule"),
            ("gpu", "NoSchedule:true", "gpu=true:NoSchedule"),
            ("", "gpu=true:NoSchedule", "gpu=true:NoSchedule"),
            ("gpu=true:NoSchedule", "", "gpu=true:NoSchedule"),
            ("gpu=true", "NoSchedule", "gpu=true:NoSchedule"),
            ("gpu:NoSchedule", "NoSchedule", "gpu:NoSchedule"),
            ("gpu:NoSchedule", "true", "gpu=true:NoSchedule"),
        ] {
            let read = read(name, value);
            assert_eq!(
                (read.taint.to_string().as_str(), read.is_usual, read.is_effect_unread),
                (text, false, false),
                "{name}={value}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_keeps_pods_away() {
        for (name, value, text) in [
            ("gpu", "true", "gpu=true:NoSchedule"),
            ("gpu", "true:", "gpu=true:NoSchedule"),
            ("gpu", "true:Sometimes", "gpu=true:NoSchedule"),
            ("gpu", "", "gpu:NoSchedule"),
            ("gpu", "other=true", "gpu=other=true:NoSchedule"),
            ("gpu:Sometimes", "true", "gpu=true:NoSchedule"),
            ("", "true:Sometimes", "(unreadable)=true:NoSchedule"),
        ] {
            let read = read(name, value);
            assert_eq!(
                (read.taint.to_string().as_str(), read.is_usual, read.is_effect_unread),
                (text, false, true),
                "{name}={value}"
            );
        }
        let other = read("gpu", "other=true:NoSchedule");
        assert_eq!(other.taint.to_string(), "gpu=other=true:NoSchedule");
        assert_eq!(read("", "true:NoSchedule").taint.key, UNREADABLE_KEY);
    }
}
