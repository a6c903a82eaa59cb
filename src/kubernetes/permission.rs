//! The permissions that messages about refused requests name.

use std::fmt;

/// A permission that a person must grant: the one that a 403 lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// `get`, `list` or `watch`.
    pub verb: &'static str,
    /// Plural name with the API group, such as `leases.coordination.k8s.io`.
    pub resource: String,
    /// The namespace; cluster-wide when absent.
    pub namespace: Option<String>,
}

impl Permission {
    /// Returns the permission to list all objects of a kind.
    pub(crate) fn to_list<K: kube::Resource<DynamicType = ()>>() -> Self {
        Self { verb: "list", resource: resource::<K>(), namespace: None }
    }

    /// Returns the permission to get one object of a kind.
    pub(crate) fn to_get<K: kube::Resource<DynamicType = ()>>(namespace: Option<&str>) -> Self {
        Self { verb: "get", resource: resource::<K>(), namespace: namespace.map(str::to_owned) }
    }
}

/// Returns the plural name with the API group, as RBAC messages write it.
fn resource<K: kube::Resource<DynamicType = ()>>() -> String {
    let (plural, group) = (K::plural(&()), K::group(&()));
    if group.is_empty() { plural.into_owned() } else { format!("{plural}.{group}") }
}

impl fmt::Display for Permission {
    /// Writes what is missing and where to add it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verb, resource, namespace } = self;
        match namespace {
            None => write!(f, "{verb} {resource} (cluster-wide); add it to its ClusterRole"),
            Some(namespace) => write!(f, "{verb} {resource} in namespace {namespace}; add it to its Role there"),
        }
    }
}
