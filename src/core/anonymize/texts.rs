//! The texts of a snapshot, and what each of them is called.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::expressions::{CelWord, is_part_of, words};
use super::fields::TextKind;
use super::form::{TextPart, form};
use super::{pseudonyms, sentence};
use crate::well_known::public::{is_known, is_known_attribute, is_known_domain, is_machine_type, is_of_the_language, is_place};

/// The texts that were found, and what they are made of.
pub(super) struct Texts {
    forms: BTreeMap<String, Vec<TextPart>>,
    kinds: BTreeMap<String, TextKind>,
    /// Texts that stay somewhere and are compared with names elsewhere.
    ordered: BTreeSet<String>,
    /// What vendors name.
    products: BTreeSet<String>,
    /// The texts between the quotation marks of expressions.
    quoted: BTreeSet<String>,
}

impl Texts {
    /// Begins with the texts whose form is known beforehand.
    pub(super) fn new(compounds: BTreeMap<String, Vec<TextPart>>) -> Self {
        let mut texts = Self {
            forms: BTreeMap::new(),
            kinds: BTreeMap::new(),
            ordered: BTreeSet::new(),
            products: BTreeSet::new(),
            quoted: BTreeSet::new(),
        };
        for part in compounds.values().flatten() {
            texts.add_part(part);
        }
        texts.forms.extend(compounds);
        texts
    }

    /// Adds a text. Of several kinds that one has, that with the most structure counts.
    pub(super) fn add(&mut self, kind: TextKind, text: &str) {
        match kind {
            TextKind::Sentence => return,
            TextKind::Expression => {
                for word in words(text) {
                    match word {
                        CelWord::Quoted(text) => drop(self.quoted.insert(text.to_owned())),
                        CelWord::Identifier(name) if !is_of_the_language(name) => self.add(TextKind::Attribute, name),
                        CelWord::Identifier(_) | CelWord::Sign(_) => {}
                    }
                }
                return;
            }
            TextKind::Product => {
                self.products.insert(text.to_owned());
            }
            _ => {}
        }
        let known = self.kinds.get(text).copied();
        if known.is_some_and(|known| is_ordered(known) != is_ordered(kind)) {
            self.ordered.insert(text.to_owned());
        }
        if known.is_some_and(|known| rank(known) >= rank(kind)) {
            return;
        }
        self.kinds.insert(text.to_owned(), kind);
        for part in form(kind, text) {
            self.add_part(&part);
        }
    }

    fn add_part(&mut self, part: &TextPart) {
        if let TextPart::Text(kind, text) = part {
            self.add(*kind, text);
        }
    }

    fn is_ordered(&self, text: &str) -> bool {
        self.ordered.contains(text) || self.kinds.get(text).is_some_and(|kind| is_ordered(*kind))
    }

    /// Gives every name its pseudonym.
    pub(super) fn renamed(mut self) -> Renamed {
        for text in std::mem::take(&mut self.quoted) {
            let stays = is_known_attribute(&text) || self.products.iter().any(|product| is_part_of(&text, product));
            self.add(if stays { TextKind::Kept } else { TextKind::Key }, &text);
        }
        for (text, kind) in &self.kinds {
            self.forms.entry(text.clone()).or_insert_with(|| form(*kind, text));
        }
        let mut names = BTreeSet::new();
        let (mut addresses, mut instances, mut fixed) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for (text, parts) in &self.forms {
            for (place, part) in parts.iter().enumerate() {
                match part {
                    TextPart::Name(name) => drop(names.insert(name.clone())),
                    TextPart::Address(address) => drop(addresses.insert(address.to_string())),
                    TextPart::HostOfAddress(address) => {
                        addresses.insert(address.to_string());
                        fixed.insert("ip-".to_owned());
                    }
                    TextPart::Instance(id) => {
                        instances.insert(id.clone());
                        fixed.insert("i-".to_owned());
                    }
                    TextPart::Literal(beginning) if place == 0 && self.is_ordered(text) => {
                        fixed.insert(beginning.clone());
                    }
                    TextPart::Literal(_) | TextPart::Text(..) => {}
                }
            }
        }
        fixed.remove("");
        Renamed {
            names: pseudonyms::pseudonyms(&names, &fixed),
            addresses: pseudonyms::addresses(&addresses),
            instances: pseudonyms::instances(&instances),
            forms: self.forms,
            replaced: BTreeMap::new(),
        }
    }
}

/// Whether texts of a kind that stay are compared with names.
fn is_ordered(kind: TextKind) -> bool {
    matches!(kind, TextKind::Key | TextKind::Attribute | TextKind::Name | TextKind::Host | TextKind::ObjectKind)
}

/// Returns how much structure a kind has. What stays, stays everywhere.
fn rank(kind: TextKind) -> u8 {
    match kind {
        TextKind::Name => 0,
        TextKind::Path | TextKind::List | TextKind::Setting | TextKind::SettingName => 1,
        TextKind::Attribute => 2,
        TextKind::Key => 3,
        TextKind::Host | TextKind::ObjectKind | TextKind::ApiVersion => 4,
        TextKind::Pair | TextKind::TagKey | TextKind::ProviderId => 5,
        TextKind::Place | TextKind::MachineType => 6,
        TextKind::Product => 7,
        TextKind::Kept | TextKind::Expression | TextKind::Sentence => 8,
    }
}

/// The pseudonyms of all names.
pub(super) struct Renamed {
    names: BTreeMap<String, String>,
    addresses: BTreeMap<String, Ipv4Addr>,
    instances: BTreeMap<String, String>,
    forms: BTreeMap<String, Vec<TextPart>>,
    /// What has been replaced.
    replaced: BTreeMap<String, String>,
}

impl Renamed {
    /// Returns what stands in place of a text.
    pub(super) fn text(&mut self, kind: TextKind, text: &str) -> String {
        let renamed = match kind {
            TextKind::Sentence => sentence::anonymized(text, |word| self.word(word)),
            TextKind::Expression => self.expression(text),
            _ => self.known(text).unwrap_or_else(|| text.to_owned()),
        };
        if renamed != text && !self.replaced.contains_key(text) {
            self.replaced.insert(text.to_owned(), renamed.clone());
        }
        renamed
    }

    /// Returns what replaces each text.
    pub(super) fn into_replaced(self) -> BTreeMap<String, String> {
        self.replaced
    }

    fn known(&self, text: &str) -> Option<String> {
        Some(self.forms.get(text)?.iter().map(|part| self.part(part)).collect())
    }

    fn part(&self, part: &TextPart) -> String {
        let of = |names: &BTreeMap<String, String>, name: &String| names.get(name).cloned().unwrap_or_default();
        match part {
            TextPart::Literal(text) => text.clone(),
            TextPart::Name(name) => of(&self.names, name),
            TextPart::Instance(id) => of(&self.instances, id),
            TextPart::Text(_, text) => self.known(text).unwrap_or_default(),
            TextPart::Address(address) => self.address(*address),
            TextPart::HostOfAddress(address) => format!("ip-{}", self.address(*address).replace('.', "-")),
        }
    }

    fn address(&self, address: Ipv4Addr) -> String {
        self.addresses.get(&address.to_string()).map(Ipv4Addr::to_string).unwrap_or_default()
    }

    /// Returns a word of a sentence that is a name, or known to everybody.
    fn word(&self, word: &str) -> Option<String> {
        let is_public = || is_known(word) || is_place(word) || is_machine_type(word) || is_known_domain(word);
        self.known(word).or_else(|| is_public().then(|| word.to_owned()))
    }

    /// Returns an expression under other names. Names of the language are none of attributes.
    fn expression(&self, text: &str) -> String {
        let renamed = |word: CelWord<'_>| match word {
            CelWord::Sign(sign) => sign.to_owned(),
            CelWord::Identifier(name) if is_of_the_language(name) => name.to_owned(),
            CelWord::Identifier(name) => self.known(name).unwrap_or_default(),
            CelWord::Quoted(text) => self.known(text).unwrap_or_default(),
        };
        words(text).into_iter().map(renamed).collect()
    }
}
