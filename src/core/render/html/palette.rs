//! The meaning of colours: one group has one colour in all charts of a file, and so has a side of a
//! comparison.

use std::collections::BTreeMap;

use super::markup::escaped;
use crate::plan::count;
use crate::simulate::Report;
use crate::simulate::report::Usd;
use crate::snapshot::GroupId;

/// This many groups have a colour of their own at most; where there are more, the smaller ones
/// share the last.
pub(super) const COLOURS: usize = 7;
/// So many sides have a colour of their own; further ones begin anew with other dashes.
const SIDES: usize = 6;
const DASHES: [&str; 4] = ["", "7 3", "2 3", "9 3 2 3"];

/// The colours of groups.
pub(super) struct Palette {
    /// Those with a colour of their own.
    own: BTreeMap<GroupId, usize>,
    /// How many others were seen.
    others: usize,
}

impl Palette {
    /// Gives colours to the groups of all reports that had an instance, the dearest first, then
    /// those that ran longest.
    pub(super) fn new<'a>(reports: impl Iterator<Item = &'a Report>) -> Self {
        let mut sizes: BTreeMap<&GroupId, (u64, u64)> = BTreeMap::new();
        for group in reports.flat_map(|report| &report.groups).filter(|group| group.account.instances > 0) {
            let (cost, time) = sizes.entry(&group.group).or_default();
            *cost += group.account.cost.map_or(0, Usd::micros);
            *time += group.account.time.0;
        }
        let mut groups: Vec<(&GroupId, (u64, u64))> = sizes.into_iter().collect();
        groups.sort_by_key(|(group, size)| (std::cmp::Reverse(*size), *group));
        let own = if groups.len() > COLOURS { COLOURS - 1 } else { groups.len() };
        Self {
            others: groups.len() - own,
            own: groups.into_iter().take(own).zip(0..).map(|((group, _), colour)| (group.clone(), colour)).collect(),
        }
    }

    /// Returns the number of a group's colour.
    pub(super) fn of(&self, group: &GroupId) -> usize {
        self.own.get(group).copied().unwrap_or(COLOURS - 1)
    }

    /// Returns the colours that are in use, from the bottom of a stack to its top, with the names
    /// of their groups.
    pub(super) fn entries(&self) -> Vec<(usize, String)> {
        let mut own: Vec<(usize, String)> = self.own.iter().map(|(group, colour)| (*colour, group.to_string())).collect();
        own.sort_unstable();
        let others = (self.others > 0).then(|| (COLOURS - 1, count(self.others as u64, "smaller group")));
        own.into_iter().chain(others).collect()
    }
}

/// Returns the patterns of idle time, one for each colour, and of outages. They are in each file
/// once.
pub(super) fn patterns() -> String {
    let hatched = |colour: usize| {
        format!(
            "<pattern id=\"h{colour}\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
             <rect width=\"6\" height=\"6\" fill=\"var(--paper)\"/><rect width=\"2.4\" height=\"6\" fill=\"var(--s{colour})\"/></pattern>\n"
        )
    };
    let outage = "<pattern id=\"out\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(-45)\">\
                  <rect width=\"1.6\" height=\"8\" fill=\"var(--bad)\"/></pattern>\n";
    let all: String = (0..COLOURS).map(hatched).collect();
    format!("<svg width=\"0\" height=\"0\" class=\"defs\" aria-hidden=\"true\"><defs>\n{all}{outage}</defs></svg>\n")
}

/// Returns the attributes of the line of a side. Two lines differ by more than their colour.
pub(super) fn pen(side: usize) -> String {
    let dashes = match DASHES[(side + side / SIDES) % DASHES.len()] {
        "" => String::new(),
        dashes => format!(" stroke-dasharray=\"{dashes}\""),
    };
    format!("stroke=\"var(--p{})\" stroke-width=\"2\" stroke-linejoin=\"round\"{dashes}", side % SIDES)
}

/// Returns the key to the line of a side.
pub(super) fn stroke(side: usize) -> String {
    format!("<svg viewBox=\"0 0 22 12\" aria-hidden=\"true\"><path fill=\"none\" {} d=\"M0 6H22\"/></svg>", pen(side))
}

/// Returns the key to an area.
pub(super) fn block(fill: &str) -> String {
    format!("<svg viewBox=\"0 0 22 12\" aria-hidden=\"true\"><rect width=\"22\" height=\"12\" fill=\"{fill}\"/></svg>")
}

/// Returns a legend: names beside their keys.
pub(super) fn legend(items: &[(String, String)]) -> String {
    let items: Vec<String> = items.iter().map(|(name, key)| format!("<li>{key}{}</li>\n", escaped(name))).collect();
    format!("<ul class=\"legend\">\n{}</ul>\n", items.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::report::test_report::small_report;

    #[test]
    fn a_group_keeps_its_colour_and_the_smaller_of_many_share_one() {
        let mut one = small_report();
        let mut group = one.groups[0].clone();
        one.groups.clear();
        for number in 0..300_u64 {
            group.group.name = format!("g{number}");
            group.account.time = crate::duration::Seconds(1000 - number);
            one.groups.push(group.clone());
        }
        let mut other = one.clone();
        other.groups.reverse();
        let palette = Palette::new([&one, &other].into_iter());
        assert_eq!(palette.of(&one.groups[0].group), 0);
        assert_eq!(palette.of(&one.groups[5].group), 5);
        assert_eq!((palette.of(&one.groups[6].group), palette.of(&one.groups[299].group)), (6, 6));
        assert_eq!(palette.entries().last().map(|(_, name)| name.as_str()), Some("294 smaller groups"));
    }
}
