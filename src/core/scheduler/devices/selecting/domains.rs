//! The attributes of a device by domain. A domain that the device lacks is an empty map, not an
//! error (`newStringInterfaceMapWithDefault` in `k8s.io/dynamic-resource-allocation/cel`).

use std::collections::BTreeMap;

use ::cel::ExecutionError;
use ::cel::common::traits::{Container, Indexer, Iterable, Sizer};
use ::cel::common::types::{CelInt, CelMap, CelMapKey, CelString, Type};
use ::cel::common::value::{CowVal, Val};

/// Maps by domain.
#[derive(Debug, Clone, Default)]
pub(super) struct DomainMap {
    by_domain: BTreeMap<String, BTreeMap<String, Box<dyn Val>>>,
    /// The same, as expressions see it.
    known: CelMap<'static>,
}

impl DomainMap {
    /// Adds a value. A name without a domain is of the driver's.
    pub(super) fn insert(&mut self, driver: &str, name: &str, value: Box<dyn Val>) {
        let (domain, name) = name.split_once('/').unwrap_or((driver, name));
        self.by_domain.entry(domain.to_owned()).or_default().insert(name.to_owned(), value);
        let inner = |values: &BTreeMap<String, Box<dyn Val>>| -> Box<dyn Val> {
            Box::new(map_of(values.iter().map(|(name, value)| (name.clone(), value.clone()))))
        };
        self.known = map_of(self.by_domain.iter().map(|(domain, values)| (domain.clone(), inner(values))));
    }
}

/// Returns a map of the language.
pub(super) fn map_of(entries: impl Iterator<Item = (String, Box<dyn Val>)>) -> CelMap<'static> {
    let mut map = CelMap::default().into_inner();
    map.extend(entries.map(|(name, value)| (CelMapKey::String(CelString::from(name)), value)));
    CelMap::from(map)
}

impl Val for DomainMap {
    fn get_type(&self) -> &Type {
        <Self as Val>::cel_type()
    }

    fn cel_type() -> &'static Type {
        <CelMap<'static> as Val>::cel_type()
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(&self.known)
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
    where
        Self: 'v,
    {
        Some(&self.known)
    }

    fn as_sizer(&self) -> Option<&dyn Sizer> {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(self.clone())
    }
}

impl Indexer for DomainMap {
    fn get<'b, 'v>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        match self.known.get(key) {
            Err(ExecutionError::NoSuchKey(_)) => Ok(CowVal::owned(CelMap::default())),
            found => found,
        }
    }

    fn steal<'v>(self: Box<Self>, key: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(key).map(CowVal::into_owned)
    }
}

impl Sizer for DomainMap {
    fn size(&self) -> CelInt {
        self.known.size()
    }
}
