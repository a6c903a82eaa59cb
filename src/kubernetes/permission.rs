//! The rights that a message of a refused request asks for.

use std::fmt;

/// A right a person must give: what the message of a 403 asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// `get` or `list`.
    pub verb: &'static str,
    /// Plural name with the API group, such as `leases.coordination.k8s.io`.
    pub resource: String,
    /// The namespace; cluster-wide when absent.
    pub namespace: Option<String>,
}

impl Permission {
    /// The right to list all objects of a kind.
    pub(crate) fn to_list<K: kube::Resource<DynamicType = ()>>() -> Self {
        Self { verb: "list", resource: resource::<K>(), namespace: None }
    }

    /// The right to get one object of a kind.
    pub(crate) fn to_get<K: kube::Resource<DynamicType = ()>>(namespace: Option<&str>) -> Self {
        Self { verb: "get", resource: resource::<K>(), namespace: namespace.map(str::to_owned) }
    }
}

/// The plural name with the API group, as RBAC messages write it.
fn resource<K: kube::Resource<DynamicType = ()>>() -> String {
    let (plural, group) = (K::plural(&()), K::group(&()));
    if group.is_empty() { plural.into_owned() } else { format!("{plural}.{group}") }
}

impl fmt::Display for Permission {
    /// What is lacking and where to add it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verb, resource, namespace } = self;
        match namespace {
            None => write!(f, "{verb} {resource} (cluster-wide); add it to its ClusterRole"),
            Some(namespace) => write!(f, "{verb} {resource} in namespace {namespace}; add it to its Role there"),
        }
    }
}
