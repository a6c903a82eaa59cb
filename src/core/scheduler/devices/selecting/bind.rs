//! `cel.bind(name, value, expression)` of the bindings library.

use ::cel::common::ast::{ComprehensionExpr, Expr, ListExpr, LiteralValue};
use ::cel::common::types::CelBool;
use ::cel::parser::Macro;

/// Returns the macro. As in cel-go, it is a fold over nothing whose accumulator is the variable.
pub(super) fn bind_macro() -> Macro {
    Macro::receiver("bind", 3, |helper, target, arguments| {
        let is_of_cel = target.as_ref().is_some_and(|target| target.expr == Expr::Ident("cel".to_owned()));
        let Some(Expr::Ident(variable)) = arguments.first().map(|first| first.expr.clone()).filter(|_| is_of_cel) else {
            return Ok(None);
        };
        let (Some(result), Some(accu_init)) = (arguments.pop(), arguments.pop()) else { return Ok(None) };
        let nothing = helper.next_expr(Expr::List(ListExpr::new(Vec::new())));
        let never = helper.next_expr(Expr::Literal(LiteralValue::Boolean(CelBool::FALSE)));
        let unchanged = helper.next_expr(Expr::Ident(variable.clone()));
        Ok(Some(helper.next_expr(Expr::Comprehension(Box::new(ComprehensionExpr {
            iter_range: nothing,
            iter_var: "#unused".to_owned(),
            iter_var2: None,
            accu_var: variable,
            accu_init,
            loop_cond: never,
            loop_step: unchanged,
            result,
        })))))
    })
}
