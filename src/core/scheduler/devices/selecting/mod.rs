//! Selectors of devices: expressions in CEL, with the functions that Kubernetes adds
//! (`k8s.io/dynamic-resource-allocation/cel`).

mod bind;
mod cost;
mod domains;
mod large_stack;
mod nesting;
mod projection;
mod quantities;
mod versions;

use std::sync::Arc;

use ::cel::common::types::{CelBool, CelInt, CelString};
use ::cel::common::value::Val;
use ::cel::{Context, Env, ExecutionError, Program, Value, extensions};

use crate::snapshot::{Device, DeviceAttribute};
use domains::{DomainMap, map_of};
use large_stack::on_large_stack;
use quantities::QuantityValue;
use versions::VersionValue;

use cost::{MOST_COST, most_cost};
use nesting::{MOST_LEVELS, most_levels};
pub(super) use projection::NamesRead;

/// The longest expression in bytes (`CELSelectorExpressionMaxLength` in `k8s.io/api/resource/v1`).
const MOST_LENGTH: usize = 10 * 1024;

/// What people write is less deep; more than this is evaluated on a larger stack.
const DEEP: usize = 40;

/// What an expression states of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SelectorOutcome {
    /// The device meets it.
    Met,
    /// It does not.
    Unmet,
    /// kube-scheduler fails on it, with such an error.
    Fails(String),
}

/// The language, with the functions of Kubernetes.
pub(super) struct SelectorLanguage {
    env: Arc<Env>,
}

impl SelectorLanguage {
    pub(super) fn new() -> Self {
        let mut env = Env::stdlib();
        // None of these names is declared twice, which the tests of this module would show.
        let declared = [
            env.add_extension(extensions::strings),
            env.add_extension(extensions::lists),
            quantities::declare(&mut env),
            versions::declare(&mut env),
            env.add_macro(bind::bind_macro()),
        ];
        debug_assert!(declared.iter().all(Result::is_ok), "{declared:?}");
        Self { env: Arc::new(env) }
    }

    /// Returns an expression that can be evaluated. The API server has checked it; what is not
    /// understood all the same fails on every device.
    pub(super) fn compile(&self, expression: &str) -> Selector {
        if expression.len() > MOST_LENGTH {
            return Selector { program: Err(format!("longer than {MOST_LENGTH} bytes")), cost: 1, is_deep: false };
        }
        let levels = most_levels(expression);
        if levels > MOST_LEVELS {
            return Selector { program: Err(format!("nested more than {MOST_LEVELS} levels deep")), cost: 1, is_deep: false };
        }
        let compiled = on_large_stack(|| {
            let program = self.env.compile(expression).map_err(|errors| not_understood(&errors.to_string()));
            let cost = program.as_ref().map_or(1, |program| most_cost(program.expression()));
            (program, cost)
        });
        match compiled {
            Some((program, cost)) if cost <= MOST_COST => Selector { program, cost, is_deep: levels > DEEP },
            Some(_) => Selector { program: Err(TOO_DEAR.to_owned()), cost: 1, is_deep: false },
            None => Selector { program: Err("there is no memory to understand it".to_owned()), cost: 1, is_deep: false },
        }
    }

    /// Returns the variables of a device, or why it has none: an attribute of a kind that the
    /// scheduler does not support.
    pub(super) fn variables(&self, driver: &str, device: &Device) -> Result<DeviceVariables, String> {
        let mut attributes = DomainMap::default();
        for (name, value) in &device.attributes {
            let value: Box<dyn Val> = match value {
                DeviceAttribute::Int(value) => Box::new(CelInt::from(*value)),
                DeviceAttribute::Bool(value) => Box::new(CelBool::from(*value)),
                DeviceAttribute::String(value) => Box::new(CelString::from(value.clone())),
                DeviceAttribute::Version(text) => {
                    let version = VersionValue::parse(text).map_err(|error| format!("attribute {name}: {error}"))?;
                    Box::new(version)
                }
                DeviceAttribute::Unsupported => return Err(format!("attribute {name}: unsupported attribute value")),
            };
            attributes.insert(driver, name, value);
        }
        let mut capacity = DomainMap::default();
        for (name, one) in &device.capacity {
            capacity.insert(driver, name, Box::new(QuantityValue(one.value)));
        }
        let fields: [(&'static str, Box<dyn Val>); 4] = [
            ("driver", Box::new(CelString::from(driver.to_owned()))),
            ("allowMultipleAllocations", Box::new(CelBool::from(device.is_shared))),
            ("attributes", Box::new(attributes)),
            ("capacity", Box::new(capacity)),
        ];
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
        let mut context = Context::with_env(Arc::clone(&self.env));
        context.add_variable_as_val("device", Box::new(map_of(fields)));
        Ok(DeviceVariables { context })
    }
}

/// Returns the first of the errors, without the whole expression, which may be long.
fn not_understood(errors: &str) -> String {
    format!("not understood: {}", errors.lines().next().unwrap_or_default())
}

/// The variables of one device.
pub(super) struct DeviceVariables {
    context: Context<'static, 'static>,
}

/// As Kubernetes words it.
const TOO_DEAR: &str = "operation cancelled: actual cost limit exceeded";

/// An expression.
pub(super) struct Selector {
    program: Result<Program, String>,
    cost: u64,
    /// Whether its evaluation may go deeper than a stack of usual size allows.
    is_deep: bool,
}

impl Selector {
    /// Returns what the expression states of a device.
    pub(super) fn outcome(&self, device: &DeviceVariables) -> SelectorOutcome {
        let program = match &self.program {
            Ok(program) => program,
            Err(error) => return SelectorOutcome::Fails(error.clone()),
        };
        let evaluate = || program.execute(&device.context);
        let evaluated = if self.is_deep { on_large_stack(evaluate) } else { Some(evaluate()) };
        let Some(evaluated) = evaluated else { return SelectorOutcome::Fails("there is no memory to evaluate it".to_owned()) };
        match evaluated {
            Ok(Value::Bool(true)) => SelectorOutcome::Met,
            Ok(Value::Bool(false)) => SelectorOutcome::Unmet,
            Ok(_) => SelectorOutcome::Fails("the result is not a bool".to_owned()),
            // As Kubernetes words it, so that people can search for it.
            Err(ExecutionError::NoSuchKey(key)) => SelectorOutcome::Fails(format!("no such key: {key}")),
            Err(error) => SelectorOutcome::Fails(error.to_string()),
        }
    }

    /// Returns what evaluating it costs at most.
    pub(super) fn cost(&self) -> u64 {
        self.cost
    }

    /// Returns the names of attributes and capacities that the expression can depend on.
    pub(super) fn names_read(&self) -> NamesRead {
        self.program.as_ref().map_or(NamesRead::default(), |program| NamesRead::by(program.expression()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn outcome(expression: &str, device: &Json) -> SelectorOutcome {
        let selecting = SelectorLanguage::new();
        let device: Device = serde_json::from_value(device.clone()).expect("a device");
        selecting.compile(expression).outcome(&selecting.variables("gpu.example.com", &device).expect("variables"))
    }

    fn gpu() -> Json {
        json!({ "name": "gpu-0",
            "attributes": { "model": { "string": "A100" }, "index": { "int": 3 }, "healthy": { "bool": true },
                "driverVersion": { "version": "535.104.5" }, "pci.example.com/root": { "string": "r0" } },
            "capacity": { "memory": { "value": "40Gi" } } })
    }

    #[test]
    fn what_expressions_state_of_a_device() {
        let own = r#"device.attributes["gpu.example.com"]"#;
        let memory = r#"device.capacity["gpu.example.com"].memory"#;
        let met = [
            r#"device.driver == "gpu.example.com""#.to_owned(),
            format!(r#"{own}.model == "A100" && {own}.index == 3 && {own}.healthy"#),
            format!(r#""model" in {own} && !("size" in {own})"#),
            r#"device.attributes["pci.example.com"].root.startsWith("r")"#.to_owned(),
            format!(r#"{own}.?size.orValue("small") == "small""#),
            format!(r"has({own}.model) && !has({own}.size)"),
            r#"!has(device.attributes["other.example.com"].x)"#.to_owned(),
            r#"!("other.example.com" in device.attributes)"#.to_owned(),
            format!(r#"{memory}.compareTo(quantity("40Gi")) == 0 && {memory} == quantity("40Gi")"#),
            format!(r#"{memory}.isGreaterThan(quantity("39Gi")) && {memory}.isLessThan(quantity("1Ti"))"#),
            format!(r#"{memory}.sub(quantity("8Gi")).add(1).asInteger() == 34359738369"#),
            r#"isQuantity("3Gi") && !isQuantity("three") && quantity("-1").sign() == -1"#.to_owned(),
            r#"quantity("1500m").asApproximateFloat() == 1.5 && !quantity("1500m").isInteger()"#.to_owned(),
            format!(r#"{own}.driverVersion.isGreaterThan(semver("535.0.0")) && {own}.driverVersion.major() == 535"#),
            format!(r#"{own}.driverVersion.compareTo(semver("v535.104.5", true)) == 0 && isSemver("1.0.0")"#),
            r#"semver("1.2", true) == semver("1.2.0") && !isSemver("1.2") && isSemver("01.2", true)"#.to_owned(),
            format!(r"cel.bind(own, {own}, own.healthy && own.index > 2)"),
            format!(r#"{own}.model.lowerAscii().matches("^a1")"#),
            format!(r#"{own}.exists(name, name == "model")"#),
            "!device.allowMultipleAllocations".to_owned(),
        ];
        for expression in met {
            assert_eq!(outcome(&expression, &gpu()), SelectorOutcome::Met, "{expression}");
        }
        assert_eq!(outcome(&format!(r#"{own}.model == "H100""#), &gpu()), SelectorOutcome::Unmet);
    }

    #[test]
    fn what_fails() {
        let size = r#"device.attributes["gpu.example.com"].size == "x""#;
        assert_eq!(outcome(size, &gpu()), SelectorOutcome::Fails("no such key: size".into()));
        let absorbed = format!("{size} || true");
        assert_eq!(outcome(&absorbed, &gpu()), SelectorOutcome::Met, "as in Kubernetes, the other side counts");
        assert!(matches!(outcome("device.attributes[", &gpu()), SelectorOutcome::Fails(_)));
        assert!(matches!(outcome(r"device.driver", &gpu()), SelectorOutcome::Fails(_)));
        assert!(matches!(outcome(r#"semver("x") == semver("1.0.0")"#, &gpu()), SelectorOutcome::Fails(_)));
        let selecting = SelectorLanguage::new();
        let odd: Device =
            serde_json::from_value(json!({ "name": "d", "attributes": { "list": "unsupported" } })).expect("a device");
        assert_eq!(selecting.variables("d", &odd).err().as_deref(), Some("attribute list: unsupported attribute value"));
    }
}
