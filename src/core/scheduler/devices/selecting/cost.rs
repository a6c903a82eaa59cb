//! How dear an expression can be at most. The API server refuses dear ones, but a manifest has not
//! been there, and the language has no limit of its own here.

use ::cel::common::ast::{ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};

/// The most that an expression may cost (`CELSelectorExpressionMaxCost` in
/// `k8s.io/api/resource/v1`).
pub(in crate::scheduler::devices) const MOST_COST: u64 = 1_000_000;

/// The deepest tree of an expression: macros make several levels of one.
const MOST_DEPTH: usize = 1_000;

/// The size of what a device has: a text has at most 64 characters, and a device at most 32
/// attributes and capacities.
const OF_A_DEVICE: u64 = 64;

/// Functions whose result may be as long as the product of what they are given.
const MULTIPLYING: [&str; 3] = ["replace", "join", "format"];

/// Functions that compare everything with everything.
const QUADRATIC: [&str; 3] = ["distinct", "sort", "@sortByAssociatedKeys"];

/// Functions whose result is a single value.
const SINGLE: [&str; 20] = [
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::GREATER,
    operators::GREATER_EQUALS,
    operators::LESS,
    operators::LESS_EQUALS,
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::NOT_STRICTLY_FALSE,
    operators::IN,
    "matches",
    "contains",
    "startsWith",
    "endsWith",
    "indexOf",
    "lastIndexOf",
    "size",
    "compareTo",
    "isGreaterThan",
];

/// What a part of an expression costs, in values that are looked at, and how large its result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Estimate {
    cost: u64,
    size: u64,
}

const ONE: Estimate = Estimate { cost: 1, size: 1 };

/// Returns what an expression costs at most, with a device as large as any; the largest number for
/// one that is too deep.
pub(super) fn most_cost(expression: &IdedExpr) -> u64 {
    Estimator::default().of(expression, 0).cost
}

/// Estimates expressions, given the sizes of the variables around them.
#[derive(Default)]
struct Estimator<'e> {
    variables: Vec<(&'e str, u64)>,
}

impl<'e> Estimator<'e> {
    fn of(&mut self, expression: &'e IdedExpr, depth: usize) -> Estimate {
        if depth > MOST_DEPTH {
            return Estimate { cost: u64::MAX, size: 1 };
        }
        let deeper = depth + 1;
        match &expression.expr {
            Expr::Literal(LiteralValue::String(text)) => Estimate { cost: 1, size: text.inner().len().max(1) as u64 },
            Expr::Literal(LiteralValue::Bytes(bytes)) => Estimate { cost: 1, size: bytes.inner().len().max(1) as u64 },
            Expr::Literal(_) | Expr::Unspecified => ONE,
            Expr::Ident(name) => {
                let known = self.variables.iter().rev().find(|(known, _)| known == name);
                Estimate { cost: 1, size: known.map_or(OF_A_DEVICE, |(_, size)| *size) }
            }
            Expr::Select(select) => self.part_of(&select.operand, deeper),
            Expr::List(list) => self.sum(list.elements.iter(), deeper),
            Expr::Map(map) => {
                let mut sum = ONE;
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        sum = sum.and(self.of(&entry.key, deeper)).and(self.of(&entry.value, deeper));
                    }
                }
                sum
            }
            Expr::Struct(_) => Estimate { cost: u64::MAX, size: 1 },
            Expr::Call(call) => {
                let parts = call.target.as_deref().into_iter().chain(&call.args);
                self.call(&call.func_name, parts, deeper)
            }
            Expr::Comprehension(comprehension) => self.comprehension(comprehension, deeper),
        }
    }

    fn sum(&mut self, parts: impl Iterator<Item = &'e IdedExpr>, depth: usize) -> Estimate {
        parts.fold(ONE, |sum, part| sum.and(self.of(part, depth)))
    }

    /// Estimates a part of what something has: no larger than all of it.
    fn part_of(&mut self, operand: &'e IdedExpr, depth: usize) -> Estimate {
        let Estimate { cost, size } = self.of(operand, depth);
        Estimate { cost: cost.saturating_add(1), size: size.max(OF_A_DEVICE) }
    }

    fn call(&mut self, function: &str, parts: impl Iterator<Item = &'e IdedExpr>, depth: usize) -> Estimate {
        let mut product = 1_u64;
        let mut sum = ONE;
        for part in parts {
            let estimate = self.of(part, depth);
            product = product.saturating_mul(estimate.size.max(1));
            sum = sum.and(estimate);
        }
        let size = match function {
            // As many numbers as a number states.
            "range" => return Estimate { cost: u64::MAX, size: 1 },
            _ if SINGLE.contains(&function) => 1,
            _ if MULTIPLYING.contains(&function) => product,
            _ => sum.size,
        };
        let work = match function {
            _ if MULTIPLYING.contains(&function) => product,
            _ if QUADRATIC.contains(&function) => sum.size.saturating_mul(sum.size),
            _ if [operators::LOGICAL_AND, operators::LOGICAL_OR, operators::CONDITIONAL].contains(&function) => 1,
            _ => sum.size,
        };
        Estimate { cost: sum.cost.saturating_add(work), size }
    }

    /// Estimates a fold. What it adds to its result with one turn, it may add with each.
    fn comprehension(&mut self, fold: &'e ComprehensionExpr, depth: usize) -> Estimate {
        let range = self.of(&fold.iter_range, depth);
        let turns = match &fold.iter_range.expr {
            Expr::List(list) => list.elements.len() as u64,
            _ => range.size,
        };
        let init = self.of(&fold.accu_init, depth);
        let before = self.variables.len();
        self.variables.push((&fold.iter_var, range.size.max(OF_A_DEVICE)));
        self.variables.extend(fold.iter_var2.iter().map(|name| (name.as_str(), range.size.max(OF_A_DEVICE))));
        self.variables.push((&fold.accu_var, init.size));
        let condition = self.of(&fold.loop_cond, depth);
        let step = self.of(&fold.loop_step, depth);
        self.variables.truncate(before);
        let added = if step.size == 1 { 0 } else { step.size.saturating_sub(init.size) };
        let size = init.size.saturating_add(turns.saturating_mul(added));
        self.variables.push((&fold.accu_var, size));
        let result = self.of(&fold.result, depth);
        self.variables.truncate(before);
        let a_turn = condition.cost.saturating_add(step.cost).saturating_add(if added == 0 { 0 } else { size });
        let cost = range.cost.saturating_add(init.cost).saturating_add(turns.saturating_mul(a_turn));
        Estimate { cost: cost.saturating_add(result.cost), size: result.size }
    }
}

impl Estimate {
    fn and(self, other: Self) -> Self {
        Self { cost: self.cost.saturating_add(other.cost), size: self.size.saturating_add(other.size) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::super::{SelectorLanguage, SelectorOutcome};
    use crate::snapshot::Device;

    fn outcome(expression: &str) -> SelectorOutcome {
        let language = SelectorLanguage::new();
        let device = Device::default();
        language.compile(expression).outcome(&language.variables("d.example.com", &device).expect("variables"))
    }

    fn nested(levels: usize) -> String {
        let list = format!("[{}]", ["1"; 20].join(","));
        let all = |inner: String, level: usize| format!("{list}.all(x{level}, {inner})");
        (0..levels).fold("true".to_owned(), all)
    }

    fn doubling(levels: usize) -> String {
        let last = format!("size(v{levels}) > 0");
        let bind = |inner: String, level: usize| format!("cel.bind(v{}, v{level} + v{level}, {inner})", level + 1);
        format!("cel.bind(v0, [1, 1], {})", (0..levels).rev().fold(last, bind))
    }

    #[test]
    fn dear_expressions_are_not_evaluated() {
        let replaced = (0..30).fold(r#""aaaaaaaa""#.to_owned(), |text, _| format!(r#"{text}.replace("a", "aaaaaaaa")"#));
        let summed = vec!["1"; 5_000].join(" + ");
        let long = format!(r#"device.driver != "{}""#, "x".repeat(11_000));
        let dear = [
            nested(6),
            doubling(40),
            format!(r#"{replaced} != """#),
            "size(lists.range(100000000)) > 0".to_owned(),
            format!("{summed} > 0"),
            long,
            "(".repeat(5_000) + "true" + &")".repeat(5_000),
        ];
        for expression in dear {
            let begun = Instant::now();
            let found = outcome(&expression);
            assert!(matches!(found, SelectorOutcome::Fails(_)), "{found:?}: {}", &expression[..60]);
            assert!(begun.elapsed() < Duration::from_secs(1), "{:?}: {}", begun.elapsed(), &expression[..60]);
        }
        let SelectorOutcome::Fails(error) = outcome(&nested(6)) else { panic!("it is evaluated") };
        assert_eq!(error, "operation cancelled: actual cost limit exceeded");
    }

    /// Such expressions are neither dear nor too deep, and a plan is often made on a small stack.
    #[test]
    fn the_deepest_expressions_are_evaluated_on_any_stack() {
        for (expression, expected) in [
            ("!".repeat(200) + "true", SelectorOutcome::Met),
            ("(".repeat(90) + "true" + &")".repeat(90), SelectorOutcome::Met),
            (format!("{} == 240", vec!["1"; 240].join(" + ")), SelectorOutcome::Met),
        ] {
            let small = std::thread::Builder::new().stack_size(1 << 20);
            let found = small.spawn(move || outcome(&expression)).expect("a thread").join();
            assert_eq!(found.expect("it ends"), expected);
        }
    }

    #[test]
    fn what_people_write_is_cheap() {
        let own = r#"device.attributes["gpu.example.com"]"#;
        for expression in [
            format!(r#"{own}.model == "A100" && {own}.driverVersion.isGreaterThan(semver("535.0.0"))"#),
            format!(r#"{own}.exists(name, name.startsWith("x") && {own}.all(other, other != name || name in {own}))"#),
            format!(r#"["a", "b", "c"].exists(model, {own}.model.lowerAscii().contains(model))"#),
            format!("{} == 1", [own; 60].join(".index == 1 || ") + ".index"),
            nested(3),
            doubling(5),
        ] {
            let program = SelectorLanguage::new().compile(&expression);
            assert!(program.cost() < super::MOST_COST, "{}: {expression}", program.cost());
        }
    }
}
