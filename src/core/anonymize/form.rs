//! What texts are made of: which parts of them are names.

use std::net::Ipv4Addr;

use strum::VariantNames as _;

use super::fields::TextKind;
use super::labels::of_value;
use crate::duration::Seconds;
use crate::policy::{LaunchWay, Policy};
use crate::well_known::public::{
    is_domain_of_machines, is_known, is_known_api_group, is_known_attribute, is_known_domain, is_known_key, is_known_kind,
    is_known_scheme, is_machine_type, is_place, is_version,
};
use crate::well_known::{resources, tags};

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TextPart {
    /// It stays.
    Literal(String),
    /// A name of its own.
    Name(String),
    /// A text that may stand elsewhere as well, and that has the same form there.
    Text(TextKind, String),
    /// An address.
    Address(Ipv4Addr),
    /// An address as the name of a host has it: `ip-10-0-0-1`.
    HostOfAddress(Ipv4Addr),
    /// The id of an instance, which rules know by its beginning.
    Instance(String),
}

/// Returns the parts of a text that is neither a sentence nor an expression.
pub(super) fn form(kind: TextKind, text: &str) -> Vec<TextPart> {
    let parts = if is_known(text) { literal(text) } else { parts(kind, text) };
    // A list of one is that one.
    let itself = parts.iter().find_map(|part| match part {
        TextPart::Text(of, whole) if whole == text => Some(*of),
        _ => None,
    });
    match itself {
        Some(of) if of != kind => form(of, text),
        Some(_) => vec![name(text)],
        None => parts,
    }
}

fn parts(kind: TextKind, text: &str) -> Vec<TextPart> {
    match kind {
        TextKind::Kept | TextKind::Product | TextKind::Sentence | TextKind::Expression => literal(text),
        TextKind::Name => vec![name(text)],
        TextKind::Path => joined(text.split('/').map(|part| vec![of_name(part)]), "/"),
        TextKind::Setting if is_setting(text) => literal(text),
        TextKind::SettingName => vec![known_or_name(text, is_known_setting)],
        TextKind::Setting | TextKind::List => joined(text.split(',').map(in_list), ","),
        TextKind::Host => host(text),
        TextKind::Key => key(text, is_known_key),
        TextKind::Attribute => key(text, is_known_attribute),
        TextKind::Place => joined(text.split("__").map(|place| vec![known_or_name(place, is_place)]), "__"),
        TextKind::MachineType => vec![known_or_name(text, is_machine_type)],
        TextKind::ProviderId => provider_id(text),
        TextKind::ObjectKind => vec![known_or_name(text, is_known_kind)],
        TextKind::ApiVersion => api_version(text),
        TextKind::Pair => pair(text),
        TextKind::TagKey => tag_key(text),
    }
}

fn literal(text: &str) -> Vec<TextPart> {
    vec![TextPart::Literal(text.to_owned())]
}

fn of_name(text: &str) -> TextPart {
    TextPart::Text(TextKind::Name, text.to_owned())
}

fn known_or_name(text: &str, is_known: fn(&str) -> bool) -> TextPart {
    if is_known(text) { TextPart::Literal(text.to_owned()) } else { of_name(text) }
}

/// Returns the parts of several texts with a separator between them.
fn joined(texts: impl Iterator<Item = Vec<TextPart>>, separator: &str) -> Vec<TextPart> {
    let mut parts = Vec::new();
    for (place, of_text) in texts.enumerate() {
        if place > 0 {
            parts.push(TextPart::Literal(separator.to_owned()));
        }
        parts.extend(of_text);
    }
    parts
}

/// Returns an entry of a list, with the blanks around it.
fn in_list(text: &str) -> Vec<TextPart> {
    let name = text.trim();
    let blanks = text.len() - text.trim_start().len();
    let (before, after) = (&text[..blanks], &text[blanks + name.len()..]);
    vec![
        TextPart::Literal(before.to_owned()),
        TextPart::Text(TextKind::Key, name.to_owned()),
        TextPart::Literal(after.to_owned()),
    ]
}

fn name(text: &str) -> TextPart {
    if is_instance(text) { TextPart::Instance(text.to_owned()) } else { TextPart::Name(text.to_owned()) }
}

fn is_instance(text: &str) -> bool {
    let is_hexadecimal = |id: &str| id.len() >= 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.strip_prefix("i-").is_some_and(is_hexadecimal)
}

/// Whether groups have a setting of that name.
fn is_known_setting(name: &str) -> bool {
    name == "priority" || Policy::SETTINGS.iter().any(|setting| setting.flag() == name)
}

/// Whether a text is a number, perhaps with a percent sign, a duration, a time or a word of a flag.
fn is_setting(text: &str) -> bool {
    let number = text.strip_suffix('%').unwrap_or(text);
    number.parse::<f64>().is_ok_and(f64::is_finite)
        || text.parse::<Seconds>().is_ok()
        || text.parse::<jiff::Timestamp>().is_ok()
        || LaunchWay::VARIANTS.contains(&text)
}

fn host(text: &str) -> Vec<TextPart> {
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        let is_everybodys = address.is_unspecified() || address.is_loopback();
        return vec![if is_everybodys { TextPart::Literal(text.to_owned()) } else { TextPart::Address(address) }];
    }
    let (host, domain) = text.split_once('.').map_or((text, None), |(host, domain)| (host, Some(domain)));
    let mut parts = match host.strip_prefix("ip-").and_then(|address| address.replace('-', ".").parse().ok()) {
        Some(address) => vec![TextPart::HostOfAddress(address)],
        None if domain.is_some() => vec![of_name(host)],
        None => vec![name(host)],
    };
    if let Some(domain) = domain {
        parts.extend([TextPart::Literal(".".to_owned()), known_or_name(domain, is_domain_of_machines)]);
    }
    parts
}

fn key(text: &str, is_known: fn(&str) -> bool) -> Vec<TextPart> {
    if let Some(class) = text.strip_prefix(resources::DEVICE_CLASS) {
        return vec![TextPart::Literal(resources::DEVICE_CLASS.to_owned()), TextPart::Text(TextKind::Key, class.to_owned())];
    }
    if is_known(text) {
        return literal(text);
    }
    let Some((domain, rest)) = text.split_once('/') else {
        return vec![if is_known_domain(text) { TextPart::Literal(text.to_owned()) } else { TextPart::Name(text.to_owned()) }];
    };
    let rest = joined(rest.split('/').map(|part| vec![known_or_name(part, is_known)]), "/");
    match is_known_domain(domain) {
        true => [TextPart::Literal(format!("{domain}/"))].into_iter().chain(rest).collect(),
        false => [of_name(domain), TextPart::Literal("/".to_owned())].into_iter().chain(rest).collect(),
    }
}

fn provider_id(text: &str) -> Vec<TextPart> {
    let Some((scheme, path)) = text.split_once("://") else { return vec![of_name(text)] };
    let part = |part: &str| {
        vec![if is_place(part) { TextPart::Literal(part.to_owned()) } else { TextPart::Text(TextKind::Host, part.to_owned()) }]
    };
    let path = joined(path.split('/').map(part), "/");
    [known_or_name(scheme, is_known_scheme), TextPart::Literal("://".to_owned())].into_iter().chain(path).collect()
}

fn api_version(text: &str) -> Vec<TextPart> {
    let Some((group, version)) = text.split_once('/') else { return vec![known_or_name(text, is_version)] };
    vec![known_or_name(group, is_known_api_group), TextPart::Literal("/".to_owned()), known_or_name(version, is_version)]
}

fn pair(text: &str) -> Vec<TextPart> {
    match text.split_once('=') {
        Some((key, value)) => vec![
            TextPart::Text(TextKind::Key, key.to_owned()),
            TextPart::Literal("=".to_owned()),
            TextPart::Text(of_value(key), value.to_owned()),
        ],
        None => vec![TextPart::Text(TextKind::Key, text.to_owned())],
    }
}

fn tag_key(text: &str) -> Vec<TextPart> {
    let behind = |beginning: &'static str| Some((beginning, text.strip_prefix(beginning)?));
    match [tags::LABEL, tags::TAINT, tags::RESOURCE, tags::DEVICES].into_iter().find_map(behind) {
        Some((beginning, rest)) => {
            vec![TextPart::Literal(beginning.to_owned()), TextPart::Text(TextKind::Key, rest.to_owned())]
        }
        None => vec![TextPart::Text(TextKind::Key, text.to_owned())],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::well_known::taints::{OF_ITS_CONDITION, WHILE_IT_STARTS};

    #[test]
    fn a_taint_that_rules_know_by_its_beginning_keeps_it() {
        for pattern in OF_ITS_CONDITION.iter().chain(&WHILE_IT_STARTS) {
            let beginning = pattern.trim_end_matches('*');
            let key = if beginning.ends_with('/') { format!("{beginning}falcon") } else { beginning.to_owned() };
            let Some(TextPart::Literal(kept)) = form(TextKind::Key, &key).into_iter().next() else { panic!("{pattern}") };
            assert!(kept.starts_with(beginning), "{pattern}: {kept}");
        }
    }

    #[test]
    fn the_host_of_an_address_is_known_by_it() {
        let address = Ipv4Addr::new(10, 0, 1, 22);
        let host = form(TextKind::Host, "ip-10-0-1-22.us-west-2.compute.internal");
        assert_eq!(host[0], TextPart::HostOfAddress(address));
        assert_eq!(host[2], TextPart::Literal("us-west-2.compute.internal".to_owned()));
        assert_eq!(form(TextKind::Host, "10.0.1.22"), [TextPart::Address(address)]);
        assert_eq!(form(TextKind::Host, "falcon.example.com")[2], TextPart::Text(TextKind::Name, "example.com".to_owned()));
    }
}
