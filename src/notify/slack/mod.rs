//! Slack: one message a run to a channel (incoming webhook), and one to each owner of affected pods
//! (bot token).

mod markup;
mod message;
mod receiver;
mod share;
mod wire;

use std::collections::BTreeSet;
use std::fmt;

use tokio::time::Instant;

use super::http::client;
use super::status::Memory;
use super::{News, RunEnd};
use crate::fair_order::in_turn;
use message::{MessageLine, lines};
use receiver::Receiver;
use share::{Message, message};

/// At most this many receivers are written to in one run. Slack takes about one message a second.
const MOST_RECEIVERS: usize = 20;

/// The ways to people on Slack.
#[derive(Clone, Default)]
pub struct Slack {
    /// `--slack-hook`: the secret address of a channel.
    pub hook: Option<String>,
    /// `--slack-bot-token`: writes to the owners of pods.
    pub bot_token: Option<String>,
    /// The address of the Web API, if it is not Slack's own.
    pub api: Option<String>,
}

impl fmt::Debug for Slack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slack").finish_non_exhaustive()
    }
}

/// The outcome.
#[derive(Debug, Default)]
pub(super) struct SlackOutcome {
    /// The keys of what was sent, to be remembered.
    pub(super) keys: Vec<String>,
    /// The first error.
    pub(super) error: Option<String>,
}

impl Slack {
    /// Sends what is new. Without a memory a run that failed sends nothing: it would do so every
    /// minute.
    pub(super) async fn send_news(
        &self,
        end: &RunEnd<'_>,
        news: &[News<'_>],
        memory: Option<&Memory>,
        until: Instant,
    ) -> SlackOutcome {
        let mut outcome = SlackOutcome::default();
        if self.hook.is_none() && self.bot_token.is_none() {
            return outcome;
        }
        let is_new = |line: &MessageLine| memory.map_or(!line.repeats, |memory| !memory.was_sent(&line.key, end.ended));
        let fresh: Vec<MessageLine> =
            lines(news, end).into_iter().filter(|line| self.reaches(&line.receiver) && is_new(line)).collect();
        let receivers = receivers(&fresh);
        if receivers.is_empty() {
            return outcome;
        }
        let client = match client() {
            Ok(client) => client,
            Err(error) => return SlackOutcome { error: Some(error.to_string()), ..outcome },
        };
        let left = receivers.len().saturating_sub(MOST_RECEIVERS);
        for receiver in receivers.into_iter().take(MOST_RECEIVERS) {
            let lines: Vec<&MessageLine> = fresh.iter().filter(|line| line.receiver == *receiver).collect();
            let Message { text, keys } = message(&lines, end.cluster);
            match wire::post(self, &client, receiver, &text, until).await {
                Ok(()) => outcome.keys.extend(keys),
                Err(error) => {
                    let whom = format!("{receiver}: {error}");
                    outcome.error.get_or_insert(whom);
                }
            }
        }
        tracing::info!("Slack: {} sent, {left} people left to later runs", outcome.keys.len());
        outcome
    }

    fn reaches(&self, receiver: &Receiver) -> bool {
        match receiver {
            Receiver::Channel => self.hook.is_some(),
            Receiver::Person { .. } => self.bot_token.is_some(),
        }
    }
}

/// Returns the receivers: the channel, then the people, those of different namespaces in turn. Pods
/// labelled with many names must not keep the owners of others from their messages.
fn receivers(lines: &[MessageLine]) -> Vec<&Receiver> {
    let mut first_lines: Vec<&MessageLine> = Vec::new();
    let mut seen: BTreeSet<&Receiver> = BTreeSet::new();
    for line in lines {
        if seen.insert(&line.receiver) {
            first_lines.push(line);
        }
    }
    let turns = in_turn(first_lines, |line| (line.receiver != Receiver::Channel, line.namespace.clone()));
    turns.into_iter().map(|line| &line.receiver).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_of_many_names_keep_nobody_from_hearing() {
        let line = |receiver: Receiver, namespace: &str| {
            let namespace = Some(namespace.to_owned());
            MessageLine { receiver, key: String::new(), text: String::new(), repeats: true, namespace }
        };
        let person = |owner: &str| Receiver::Person { owner: owner.to_owned() };
        let mut lines: Vec<MessageLine> = (0..100).map(|number| line(person(&format!("a{number}")), "flood")).collect();
        lines.push(line(person("ada"), "quiet"));
        lines.push(line(Receiver::Channel, "flood"));
        let receivers = receivers(&lines);
        assert_eq!(receivers.len(), 102);
        assert_eq!(receivers[..3], [&Receiver::Channel, &person("a0"), &person("ada")]);
    }
}
