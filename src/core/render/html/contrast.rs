//! The colours of the style keep the contrast that WCAG 2.2 wants at level AA: 4.5 for text (1.4.3)
//! and 3 for marks that carry a meaning (1.4.11), in light and in dark.

use std::collections::BTreeMap;

const STYLE: &str = include_str!("style.css");
const TEXTS: [&str; 4] = ["ink", "pale", "good", "bad"];
const MARKS: [&str; 15] = ["rest", "wait", "s0", "s1", "s2", "s3", "s4", "s5", "s6", "p0", "p1", "p2", "p3", "p4", "p5"];

/// Returns the colours of a theme: those that are stated before the next closing brace.
fn colours(theme: &str) -> BTreeMap<&str, [f64; 3]> {
    let block = theme.split('}').next().unwrap_or_default();
    let declared = block.split([';', '{']).filter_map(|one| one.trim().strip_prefix("--")?.split_once(": #"));
    declared.map(|(name, hex)| (name, rgb(hex))).collect()
}

fn rgb(hex: &str) -> [f64; 3] {
    [0, 2, 4].map(|place| f64::from(u8::from_str_radix(&hex[place..place + 2], 16).expect("two digits")))
}

/// Returns the relative luminance of a colour, as WCAG defines it.
fn luminance(colour: [f64; 3]) -> f64 {
    let linear = |value: f64| {
        let value = value / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    let [red, green, blue] = colour.map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn text_and_marks_stand_out_in_light_and_in_dark() {
    let (light, dark) = STYLE.split_once("prefers-color-scheme: dark").expect("two themes");
    for (theme, style) in [("light", light), ("dark", dark)] {
        let colours = colours(style);
        for ground in ["paper", "card"] {
            for text in TEXTS {
                let ratio = contrast(colours[text], colours[ground]);
                assert!(ratio >= 4.5, "{theme}: {text} on {ground} has {ratio:.2}");
            }
        }
        for mark in MARKS {
            let ratio = contrast(colours[mark], colours["paper"]);
            assert!(ratio >= 3.0, "{theme}: {mark} has {ratio:.2}");
        }
    }
    assert!((contrast(rgb("000000"), rgb("ffffff")) - 21.0).abs() < 0.01);
}
