//! The log of every call, and patterns that pick some.

use jiff::Timestamp;
use serde_json::Value;

use super::request::{Request, only_selected, parse_query};

/// One request and how it was answered.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// HTTP method.
    pub(crate) method: String,
    /// Path without the query.
    pub(crate) path: String,
    /// Query as it was sent.
    pub(crate) query: String,
    /// `list`, `get`, `create`, `update`, `patch`, `delete`; empty for discovery.
    pub(crate) verb: &'static str,
    /// API group of the resource.
    pub(crate) group: &'static str,
    /// `pods` or `pods/eviction`; empty for discovery.
    pub(crate) resource: String,
    /// Empty for cluster-wide calls.
    pub(crate) namespace: String,
    /// Empty for lists and creates.
    pub(crate) name: String,
    /// What was sent, when it was JSON.
    pub(crate) body: Option<Value>,
    /// Tells the kinds of patch apart.
    pub(crate) content_type: String,
    /// Whose token it was.
    pub(crate) user: String,
    /// Nothing was to be kept.
    pub(crate) dry_run: bool,
    /// When it arrived.
    pub(crate) at: Timestamp,
    /// What was answered; nothing yet, or nothing ever when the connection was cut.
    pub(crate) status: Option<u16>,
}

impl Call {
    pub(super) fn of(request: &Request, user: String) -> Self {
        let target = request.target.as_ref();
        let body: Option<Value> = serde_json::from_slice(&request.body).ok();
        let in_options = |options: &Value| options["dryRun"].as_array().is_some_and(|modes| !modes.is_empty());
        let dry_run =
            request.dry_run() || body.as_ref().is_some_and(|body| in_options(body) || in_options(&body["deleteOptions"]));
        Self {
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.raw_query.clone(),
            verb: target.map_or("", |target| target.verb),
            group: target.map_or("", |target| target.resource.group),
            resource: target.map_or_else(String::new, super::request::Target::resource_name),
            namespace: target.map_or_else(String::new, |target| target.namespace.clone()),
            name: target.map_or_else(String::new, |target| target.name.clone()),
            body,
            content_type: request.content_type.clone(),
            user,
            dry_run,
            at: Timestamp::now(),
            status: None,
        }
    }

    /// The one object that it could be about: of a list, the one that its field selector names.
    pub(crate) fn only_name(&self) -> String {
        let query = parse_query(&self.query);
        match self.name.as_str() {
            "" => only_selected(query.get("fieldSelector").map_or("", String::as_str)).to_owned(),
            name => name.to_owned(),
        }
    }

    /// Whether this call was meant to change something that lasts, successful or not.
    pub(crate) fn is_mutation(&self) -> bool {
        matches!(self.verb, "create" | "update" | "patch" | "delete" | "deletecollection") && !self.dry_run
    }

    /// `patch nodes n1` or `create pods/eviction default/web-1`: short enough to compare a whole
    /// run with.
    pub(crate) fn summary(&self) -> String {
        let place = match (self.namespace.as_str(), self.name.as_str()) {
            ("", name) => name.to_owned(),
            (namespace, "") => namespace.to_owned(),
            (namespace, name) => format!("{namespace}/{name}"),
        };
        let what = if self.resource.is_empty() { &self.path } else { &self.resource };
        [self.verb, what, &place].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
    }
}

/// Picks calls by what they do.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallPattern {
    verb: String,
    resource: String,
    namespace: Option<String>,
    name: Option<String>,
    query: Option<String>,
    skip: usize,
}

impl CallPattern {
    /// Calls of a verb on a resource; `*` stands for any.
    pub(crate) fn on(verb: &str, resource: &str) -> Self {
        Self { verb: verb.to_owned(), resource: resource.to_owned(), ..Self::default() }
    }

    /// Only on the object of this name.
    #[must_use]
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Only in this namespace.
    #[must_use]
    pub(crate) fn in_namespace(mut self, namespace: &str) -> Self {
        self.namespace = Some(namespace.to_owned());
        self
    }

    /// Only with this text in the (decoded) query, such as `spec.nodeName=n1`.
    #[must_use]
    pub(crate) fn with_query(mut self, part: &str) -> Self {
        self.query = Some(part.to_owned());
        self
    }

    /// From the n-th such call on, counted from one.
    ///
    /// # Panics
    ///
    /// When `n` is zero: there is no such call.
    #[must_use]
    pub(crate) fn nth(mut self, n: usize) -> Self {
        self.skip = n.checked_sub(1).expect("calls are counted from one");
        self
    }

    /// Whether the call is one of these, leaving the count aside.
    pub(super) fn picks(&self, request: &Request) -> bool {
        let Some(target) = &request.target else {
            return self.verb == "*" && self.resource == "*";
        };
        let is = |wanted: &str, value: &str| wanted == "*" || wanted == value;
        is(&self.verb, target.verb)
            && is(&self.resource, &target.resource_name())
            && self.namespace.as_ref().is_none_or(|namespace| *namespace == target.namespace)
            && self.name.as_ref().is_none_or(|name| *name == target.name)
            && self
                .query
                .as_ref()
                .is_none_or(|part| request.query.iter().any(|(key, value)| format!("{key}={value}").contains(part)))
    }

    /// Counts one call that is picked, and says whether its turn has come.
    pub(super) fn take_turn(&mut self) -> bool {
        let due = self.skip == 0;
        self.skip = self.skip.saturating_sub(1);
        due
    }
}
