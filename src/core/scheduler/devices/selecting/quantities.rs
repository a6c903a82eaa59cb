//! Kubernetes' quantities in expressions (`k8s.io/apiserver/pkg/cel/library/quantity.go`).

use std::any::Any;
use std::cmp::Ordering;

use ::cel::common::types::{self, CelBool, CelDouble, CelInt, CelString, Kind, Type};
use ::cel::common::value::{CowVal, StaticVal, Val};
use ::cel::{DeclarationError, Env, ExecutionError};

use crate::snapshot::Quantity;

const QUANTITY: Type = Type::simple_type(Kind::Opaque, "kubernetes.Quantity");
static TYPE: Type = QUANTITY;

/// A quantity as a value of the language.
#[derive(Debug, Clone, Copy)]
pub(super) struct QuantityValue(pub(super) Quantity);

impl Val for QuantityValue {
    fn get_type(&self) -> &Type {
        <Self as Val>::cel_type()
    }

    fn cel_type() -> &'static Type {
        &TYPE
    }

    fn equals(&self, other: &dyn Val) -> bool {
        other.downcast_ref::<Self>().is_some_and(|other| other.0 == self.0)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(*self)
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for QuantityValue {}

/// Declares the functions.
pub(super) fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    let quantity = || QUANTITY;
    env.add_type(quantity())?;
    env.add_overload("quantity", "string_to_quantity", vec![types::STRING_TYPE], |args| {
        let parsed = Quantity::parse(text(&args, 0)?);
        parsed
            .map(|value| CowVal::owned(QuantityValue(value)))
            .map_err(|error| ExecutionError::function_error("quantity", error))
    })?;
    env.add_overload("isQuantity", "is_quantity_string", vec![types::STRING_TYPE], |args| {
        let is_one = Quantity::parse(text(&args, 0)?).is_ok();
        Ok(CowVal::owned(CelBool::from(is_one)))
    })?;
    env.add_member_overload("sign", "quantity_sign", quantity(), vec![], |args| {
        let order = amount(&args, 0)?.cmp(&Quantity::default());
        Ok(CowVal::owned(CelInt::from(order as i64)))
    })?;
    env.add_member_overload("isInteger", "quantity_is_integer", quantity(), vec![], |args| {
        let is_whole = amount(&args, 0)?.is_whole();
        Ok(CowVal::owned(CelBool::from(is_whole)))
    })?;
    env.add_member_overload("asInteger", "quantity_get_int", quantity(), vec![], |args| {
        let quantity = amount(&args, 0)?;
        match quantity.is_whole() {
            true => Ok(CowVal::owned(CelInt::from(quantity.value()))),
            false => Err(ExecutionError::function_error("asInteger", "cannot convert value to integer")),
        }
    })?;
    env.add_member_overload("asApproximateFloat", "quantity_get_float", quantity(), vec![], |args| {
        Ok(CowVal::owned(CelDouble::from(amount(&args, 0)?.approximate())))
    })?;
    env.add_member_overload("isGreaterThan", "quantity_is_greater_than", quantity(), vec![quantity()], |args| {
        Ok(CowVal::owned(CelBool::from(order(&args)? == Ordering::Greater)))
    })?;
    env.add_member_overload("isLessThan", "quantity_is_less_than", quantity(), vec![quantity()], |args| {
        Ok(CowVal::owned(CelBool::from(order(&args)? == Ordering::Less)))
    })?;
    env.add_member_overload("compareTo", "quantity_compare_to", quantity(), vec![quantity()], |args| {
        Ok(CowVal::owned(CelInt::from(order(&args)? as i64)))
    })?;
    env.add_member_overload("add", "quantity_add", quantity(), vec![quantity()], |args| {
        Ok(CowVal::owned(QuantityValue(amount(&args, 0)?.plus(amount(&args, 1)?))))
    })?;
    env.add_member_overload("add", "quantity_add_int", quantity(), vec![types::INT_TYPE], |args| {
        Ok(CowVal::owned(QuantityValue(amount(&args, 0)?.plus(whole(&args, 1)?))))
    })?;
    env.add_member_overload("sub", "quantity_sub", quantity(), vec![quantity()], |args| {
        Ok(CowVal::owned(QuantityValue(amount(&args, 0)?.minus(amount(&args, 1)?))))
    })?;
    env.add_member_overload("sub", "quantity_sub_int", quantity(), vec![types::INT_TYPE], |args| {
        Ok(CowVal::owned(QuantityValue(amount(&args, 0)?.minus(whole(&args, 1)?))))
    })
}

fn order(args: &[CowVal<'_, '_>]) -> Result<Ordering, ExecutionError> {
    Ok(amount(args, 0)?.cmp(&amount(args, 1)?))
}

fn amount(args: &[CowVal<'_, '_>], place: usize) -> Result<Quantity, ExecutionError> {
    let value = args.get(place).and_then(|value| value.downcast_ref::<QuantityValue>());
    value.map(|value| value.0).ok_or(ExecutionError::MissingArgumentOrTarget)
}

fn whole(args: &[CowVal<'_, '_>], place: usize) -> Result<Quantity, ExecutionError> {
    let value = args.get(place).and_then(|value| value.downcast_ref::<CelInt>());
    value.map(|value| Quantity::of_units(*value.inner())).ok_or(ExecutionError::MissingArgumentOrTarget)
}

/// Returns the text that is an argument.
pub(super) fn text<'s>(args: &'s [CowVal<'_, '_>], place: usize) -> Result<&'s str, ExecutionError> {
    let value = args.get(place).and_then(|value| value.downcast_ref::<CelString>());
    value.map(CelString::inner).ok_or(ExecutionError::MissingArgumentOrTarget)
}
