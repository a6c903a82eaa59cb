//! The attributes that expressions can depend on. Devices that differ in nothing else, such as in
//! their UUIDs, are evaluated once.

use std::collections::BTreeSet;

use ::cel::common::ast::{Expr, IdedExpr, LiteralValue, operators};

/// Names of attributes and capacities, without their domains.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::scheduler::devices) struct NamesRead {
    names: BTreeSet<String>,
    /// Whether any name may be read.
    reads_all: bool,
}

impl NamesRead {
    pub(super) fn by(expression: &IdedExpr) -> Self {
        let mut names = Self::default();
        names.add_expression(expression);
        names
    }

    /// Adds a name, which may have a domain.
    pub(in crate::scheduler::devices) fn add(&mut self, name: &str) {
        self.names.insert(name.split_once('/').map_or(name, |(_, name)| name).to_owned());
    }

    /// Adds the names that others read.
    pub(in crate::scheduler::devices) fn add_all(&mut self, others: Self) {
        self.names.extend(others.names);
        self.reads_all |= others.reads_all;
    }

    /// Whether anything can depend on a name, which may have a domain.
    pub(in crate::scheduler::devices) fn has(&self, name: &str) -> bool {
        self.reads_all || self.names.contains(name.split_once('/').map_or(name, |(_, name)| name))
    }

    fn add_expression(&mut self, expression: &IdedExpr) {
        match &expression.expr {
            Expr::Select(select) => {
                self.names.insert(select.field.clone());
                self.add_operand(&select.operand);
            }
            Expr::Call(call) => self.add_call(&call.func_name, call.target.as_deref(), &call.args),
            Expr::Literal(_) => {}
            // The device, or the map of a domain, as a whole.
            Expr::Ident(_) | Expr::Comprehension(_) | Expr::List(_) | Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                self.reads_all = true;
            }
        }
    }

    fn add_call(&mut self, function: &str, target: Option<&IdedExpr>, arguments: &[IdedExpr]) {
        match (function, arguments) {
            (operators::INDEX | operators::OPT_INDEX | operators::OPT_SELECT, [operand, key]) => {
                self.add_key(key);
                self.add_operand(operand);
            }
            (operators::IN, [key, operand]) if is_text(key) => {
                self.add_key(key);
                self.add_operand(operand);
            }
            _ => {
                for part in target.into_iter().chain(arguments) {
                    match &part.expr {
                        // A map compared or given away as a whole.
                        Expr::Select(select) if MAPS.contains(&select.field.as_str()) => self.reads_all = true,
                        Expr::Call(call) if is_domain(&call.func_name, &call.args) => self.reads_all = true,
                        _ => self.add_expression(part),
                    }
                }
            }
        }
    }

    /// Adds what something is selected of.
    fn add_operand(&mut self, operand: &IdedExpr) {
        match &operand.expr {
            Expr::Ident(_) => {}
            _ => self.add_expression(operand),
        }
    }

    fn add_key(&mut self, key: &IdedExpr) {
        match &key.expr {
            Expr::Literal(LiteralValue::String(text)) => {
                self.names.insert(text.inner().to_owned());
            }
            Expr::Literal(_) => {}
            _ => self.reads_all = true,
        }
    }
}

/// The maps by domain.
const MAPS: [&str; 2] = ["attributes", "capacity"];

fn is_text(expression: &IdedExpr) -> bool {
    matches!(&expression.expr, Expr::Literal(LiteralValue::String(_)))
}

/// Whether a call is the map of a domain: `device.attributes["domain"]`.
fn is_domain(function: &str, arguments: &[IdedExpr]) -> bool {
    let is_map = |operand: &IdedExpr| matches!(&operand.expr, Expr::Select(select) if MAPS.contains(&select.field.as_str()));
    [operators::INDEX, operators::OPT_INDEX].contains(&function) && arguments.first().is_some_and(is_map)
}

#[cfg(test)]
mod tests {
    use super::super::SelectorLanguage;

    #[test]
    fn names_that_expressions_read() {
        let own = r#"device.attributes["gpu.example.com"]"#;
        let cases = [
            (format!(r#"{own}.model == "A100" && device.driver == "d""#), "model", "uuid", false),
            (format!(r#"{own}["model"] == "A100" || has({own}.size)"#), "size", "uuid", false),
            (format!(r#""model" in {own} && {own}.?index.orValue(0) > 1"#), "index", "uuid", false),
            (r#"device.capacity["d"].memory.compareTo(quantity("1Gi")) >= 0"#.to_owned(), "memory", "uuid", false),
            (format!(r#"{own}["mo" + "del"] == "A100""#), "model", "uuid", true),
            (format!(r#"{own}.exists(name, name == "x")"#), "model", "uuid", true),
            (format!(r"size({own}) > 1"), "model", "uuid", true),
            (r"size(device.attributes) > 1".to_owned(), "model", "uuid", true),
            (format!(r#"cel.bind(own, {own}, own.model == "x")"#), "model", "uuid", true),
        ];
        for (expression, read, other, reads_other) in cases {
            let names = SelectorLanguage::new().compile(&expression).names_read();
            assert!(names.has(read) && names.has(&format!("some.domain/{read}")), "{expression}: {names:?}");
            assert_eq!(names.has(other), reads_other, "{expression}: {names:?}");
        }
    }
}
