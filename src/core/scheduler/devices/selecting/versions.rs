//! Semantic versions in expressions (`k8s.io/apiserver/pkg/cel/library/semverlib.go`).

use std::any::Any;
use std::cmp::Ordering;

use ::cel::common::types::{self, CelBool, CelInt, Kind, Type};
use ::cel::common::value::{CowVal, StaticVal, Val};
use ::cel::{DeclarationError, Env, ExecutionError};
use semver::Version;

use super::quantities::text;

const SEMVER: Type = Type::simple_type(Kind::Opaque, "kubernetes.Semver");
static TYPE: Type = SEMVER;

/// A version as a value of the language.
#[derive(Debug, Clone)]
pub(super) struct VersionValue(Version);

impl VersionValue {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        Version::parse(text).map(Self).map_err(|error| format!("parse semantic version: {error}"))
    }
}

impl Val for VersionValue {
    fn get_type(&self) -> &Type {
        <Self as Val>::cel_type()
    }

    fn cel_type() -> &'static Type {
        &TYPE
    }

    fn equals(&self, other: &dyn Val) -> bool {
        other.downcast_ref::<Self>().is_some_and(|other| other.0.cmp_precedence(&self.0) == Ordering::Equal)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for VersionValue {}

/// Declares the functions.
pub(super) fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    let version = || SEMVER;
    let lenient = || vec![types::STRING_TYPE, types::BOOL_TYPE];
    env.add_type(version())?;
    env.add_overload("semver", "string_to_semver", vec![types::STRING_TYPE], |args| made(text(&args, 0)?))?;
    env.add_overload("semver", "string_bool_to_semver", lenient(), |args| made(&normalized(&args)?))?;
    env.add_overload("isSemver", "is_semver_string", vec![types::STRING_TYPE], |args| {
        let is_one = Version::parse(text(&args, 0)?).is_ok();
        Ok(CowVal::owned(CelBool::from(is_one)))
    })?;
    env.add_overload("isSemver", "is_semver_string_bool", lenient(), |args| {
        let is_one = Version::parse(&normalized(&args)?).is_ok();
        Ok(CowVal::owned(CelBool::from(is_one)))
    })?;
    env.add_member_overload("major", "semver_major", version(), vec![], |args| Ok(number(own(&args, 0)?.major)))?;
    env.add_member_overload("minor", "semver_minor", version(), vec![], |args| Ok(number(own(&args, 0)?.minor)))?;
    env.add_member_overload("patch", "semver_patch", version(), vec![], |args| Ok(number(own(&args, 0)?.patch)))?;
    env.add_member_overload("isGreaterThan", "semver_is_greater_than", version(), vec![version()], |args| {
        Ok(CowVal::owned(CelBool::from(order(&args)? == Ordering::Greater)))
    })?;
    env.add_member_overload("isLessThan", "semver_is_less_than", version(), vec![version()], |args| {
        Ok(CowVal::owned(CelBool::from(order(&args)? == Ordering::Less)))
    })?;
    env.add_member_overload("compareTo", "semver_compare_to", version(), vec![version()], |args| {
        Ok(CowVal::owned(CelInt::from(order(&args)? as i64)))
    })
}

fn made<'b, 'v>(text: &str) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let version = VersionValue::parse(text).map_err(|error| ExecutionError::function_error("semver", error))?;
    Ok(CowVal::owned(version))
}

fn number<'b, 'v>(number: u64) -> CowVal<'b, 'v> {
    CowVal::owned(CelInt::from(i64::try_from(number).unwrap_or(i64::MAX)))
}

fn own<'s>(args: &'s [CowVal<'_, '_>], place: usize) -> Result<&'s Version, ExecutionError> {
    let value = args.get(place).and_then(|value| value.downcast_ref::<VersionValue>());
    value.map(|value| &value.0).ok_or(ExecutionError::MissingArgumentOrTarget)
}

fn order(args: &[CowVal<'_, '_>]) -> Result<Ordering, ExecutionError> {
    Ok(own(args, 0)?.cmp_precedence(own(args, 1)?))
}

/// Returns the text of the lenient form (`normalizeAndParse`): without a `v`, leading zeros or
/// missing parts where the second argument is true.
fn normalized(args: &[CowVal<'_, '_>]) -> Result<String, ExecutionError> {
    let text = text(args, 0)?;
    let is_lenient = args.get(1).and_then(|value| value.downcast_ref::<CelBool>());
    if !is_lenient.ok_or(ExecutionError::MissingArgumentOrTarget)?.inner() {
        return Ok(text.to_owned());
    }
    let text = text.trim();
    let text = text.strip_prefix('v').unwrap_or(text);
    let mut parts: Vec<String> = text.splitn(3, '.').map(str::to_owned).collect();
    for part in &mut parts {
        let digits = part.trim_start_matches('0');
        let begins_with_digit = digits.starts_with(|first: char| first.is_ascii_digit());
        if part.len() > 1 && part.starts_with('0') {
            *part = if begins_with_digit { digits.to_owned() } else { format!("0{digits}") };
        }
    }
    // A suffix can only follow the last of three parts.
    parts.resize(3, "0".to_owned());
    Ok(parts.join("."))
}
