//! How deeply an expression is nested, before it is parsed: whatever walks its tree goes one call
//! deeper at each level, and ten thousand signs make thousands of levels.

/// The deepest expression. cel-go parses 250 levels.
pub(super) const MOST_LEVELS: usize = 250;

/// What stands between the brackets that are open.
#[derive(Debug, Clone, Copy, Default)]
struct OpenLevel {
    /// The operators between its operands.
    operators: usize,
    /// The selections, indices and calls of the operand that was begun.
    selections: usize,
}

/// Returns how many levels the tree of an expression has at most: a chain of operators has one for
/// each, as has a chain of selections.
pub(super) fn most_levels(expression: &str) -> usize {
    let mut open = vec![OpenLevel::default()];
    let (mut quote, mut before, mut most) = (None, ' ', 0);
    let mut is_escaped = false;
    for sign in expression.chars() {
        if let Some(end) = quote {
            if sign == end && !is_escaped {
                quote = None;
            }
            is_escaped = sign == '\\' && !is_escaped;
            continue;
        }
        let place = open.len() - 1;
        let level = &mut open[place];
        match sign {
            '"' | '\'' => quote = Some(sign),
            '(' | '[' | '{' => {
                level.selections += 1;
                open.push(OpenLevel::default());
            }
            ')' | ']' | '}' if place > 0 => drop(open.pop()),
            '.' => level.selections += 1,
            ',' => *level = OpenLevel::default(),
            '&' | '|' | '=' | '<' | '>' | '+' | '-' | '*' | '/' | '%' | '!' | '?' | ':' => {
                let goes_on = sign == before && matches!(sign, '&' | '|' | '=') || sign == '=' && "!<>".contains(before);
                if !goes_on {
                    *level = OpenLevel { operators: level.operators + 1, selections: 0 };
                }
            }
            _ => {}
        }
        before = sign;
        most = most.max(open.iter().map(|level| level.operators + level.selections).sum());
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_and_brackets_are_levels() {
        for (expression, levels) in [
            ("a".to_owned(), 0),
            ("a == b && !c".to_owned(), 3),
            ("a >= b || c != d".to_owned(), 3),
            ("a.b[\"x + y\"].c".to_owned(), 3),
            ("f(a, b + c)".to_owned(), 2),
            ("\"it's \\\" + + +\" + x".to_owned(), 1),
            (vec!["1"; 5_000].join("+"), 4_999),
            ("(".repeat(300), 300),
            ("!".repeat(300) + "x", 300),
            (["device.attributes[\"d\"].x == 1"; 100].join(" || "), 201),
        ] {
            assert_eq!(most_levels(&expression), levels, "{}", &expression[..expression.len().min(40)]);
        }
    }
}
