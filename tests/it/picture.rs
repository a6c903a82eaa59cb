//! The picture in the README is the plan of the demo as a terminal shows it.
//! `UPDATE_MANUAL=1 cargo test --test it picture` draws it anew.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use ec2_autoscale::demo;
use ec2_autoscale::plan::plan;
use ec2_autoscale::policy::Policy;
use ec2_autoscale::render::{self, TableStyle};

/// The columns of the terminal.
const COLUMNS: u16 = 80;
/// What a character is wide and a line high, in pixels, at 14 pixels of a monospaced font.
const CHARACTER: f64 = 8.4;
const LINE: u32 = 19;
const MARGIN: u32 = 20;

/// How the characters of a terminal look from some place on.
#[derive(Clone, Copy, PartialEq, Default)]
struct Look {
    is_bold: bool,
    colour: Option<&'static str>,
}

impl Look {
    /// Returns the look after a sequence "select graphic rendition" (ECMA-48, 8.3.117).
    fn after(self, codes: &str) -> Self {
        match codes {
            "0" => Self::default(),
            "1" => Self { is_bold: true, ..self },
            "39" => Self { colour: None, ..self },
            "38;5;9" => Self { colour: Some("#f85149"), ..self },
            "38;5;10" => Self { colour: Some("#3fb950"), ..self },
            "38;5;11" => Self { colour: Some("#d29922"), ..self },
            other => panic!("the table has a look {other:?} that no picture has"),
        }
    }
}

/// Returns the characters of a line by their look.
fn spans(line: &str) -> Vec<(Look, String)> {
    let (mut look, mut spans) = (Look::default(), Vec::new());
    for (number, part) in line.split("\u{1b}[").enumerate() {
        let text = match part.split_once('m').filter(|_| number > 0) {
            Some((codes, text)) => {
                look = look.after(codes);
                text
            }
            None => part,
        };
        if !text.is_empty() {
            spans.push((look, text.to_owned()));
        }
    }
    spans
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Draws what stands between wide gaps at its own place, so that columns stand below each other in
/// any font.
fn draw_cell(svg: &mut String, look: Look, cell: &str, column: u16) {
    let word = cell.trim();
    if word.is_empty() {
        return;
    }
    let blanks = u16::try_from(cell.chars().take_while(|letter| *letter == ' ').count()).unwrap_or_default();
    let x = f64::from(column + blanks) * CHARACTER + f64::from(MARGIN);
    let bold = if look.is_bold { " font-weight=\"bold\"" } else { "" };
    let colour = look.colour.map(|colour| format!(" fill=\"{colour}\"")).unwrap_or_default();
    let _ = write!(svg, "<tspan x=\"{x:.1}\"{bold}{colour}>{}</tspan>", escaped(word));
}

fn drawn(table: &str) -> String {
    let lines: Vec<&str> = table.lines().collect();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some hundreds of pixels")]
    let width = (f64::from(COLUMNS) * CHARACTER) as u32 + 2 * MARGIN;
    let height = u32::try_from(lines.len()).expect("a page") * LINE + 2 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n\
         <title>ec2-autoscale plan --demo</title>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#0d1117\"/>\n\
         <g font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"14\" \
         fill=\"#e6edf3\" xml:space=\"preserve\">\n"
    );
    for (number, line) in (0_u32..).zip(&lines) {
        let _ = write!(svg, "<text y=\"{}\">", MARGIN + 14 + number * LINE);
        let mut column = 0_u16;
        for (look, text) in spans(line) {
            for cell in text.split_inclusive("  ") {
                draw_cell(&mut svg, look, cell, column);
                column += u16::try_from(cell.chars().count()).expect("a line of a terminal");
            }
        }
        svg.push_str("</text>\n");
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

#[test]
fn the_picture_is_what_a_terminal_shows() {
    let made = drawn(&render::table(
        &plan(&demo::snapshot(), &Policy::default()),
        TableStyle { width: Some(COLUMNS), colour: true, ..TableStyle::default() },
    ));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/plan.svg");
    if env::var_os("UPDATE_MANUAL").is_some() {
        fs::write(&file, &made).expect("the picture can be written");
    }
    let kept = fs::read_to_string(&file).expect("the picture is there");
    assert!(kept == made, ".github/plan.svg is stale; run UPDATE_MANUAL=1 cargo test --test it picture, and commit it");
    let colours = ["#f85149", "#3fb950", "#d29922"];
    assert!(colours.iter().all(|colour| made.contains(colour)), "red, green and yellow are in the demo");
}
