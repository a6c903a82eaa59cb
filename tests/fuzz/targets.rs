//! What is fuzzed of the pure half: the parsers of text that others write. Each target takes any bytes, fails by a panic, and
//! returns whether it understood them.
//!
//! `cargo test` replays the corpora through them; `tests/fuzz/Cargo.toml` says how to look for more.

use std::str;

use ec2_autoscale_core::plan::plan;
use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::snapshot::{Quantity, Snapshot};

/// A snapshot that is read is written and read again as the same, and can be planned for, twice with the same result.
pub fn snapshot(bytes: &[u8]) -> bool {
    let Ok(read) = Snapshot::from_json(bytes) else { return false };
    let written = serde_json::to_vec(&read).expect("a snapshot has a JSON form");
    let again = Snapshot::from_json(&written).unwrap_or_else(|error| panic!("what was written is refused: {error}"));
    assert!(read == again, "a snapshot changes on its way through a file");
    let planned = plan(&read, &Policy::default());
    assert!(planned == plan(&again, &Policy::default()), "the same snapshot gives two plans");
    true
}

/// A quantity's whole units are its thousandths rounded up, unless it is beyond what either counts.
pub fn quantity(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else { return false };
    let Ok(read) = Quantity::parse(text) else { return false };
    let (whole, thousandths) = (read.value(), read.milli_value());
    if thousandths != i64::MAX && thousandths != i64::MIN {
        let rounded_up = thousandths.div_euclid(1000) + i64::from(thousandths.rem_euclid(1000) > 0);
        assert_eq!(whole, rounded_up, "{text:?}");
    }
    let signless = text.strip_prefix('+').unwrap_or(text);
    assert_eq!(Quantity::parse(signless).ok(), Some(read), "a plus sign changes nothing: {text:?}");
    true
}
