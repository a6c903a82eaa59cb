//! Lists of what the stand-in never has: reservations, spot prices, spot requests, instance
//! refreshes.

use crate::support::aws_stand_in::xml::Xml;

/// An empty list of this name.
pub(super) fn answer(list: &str) -> Xml {
    let mut xml = Xml::default();
    xml.text(list, "");
    xml
}
