//! Who is asking, and whether they may: bearer tokens and RBAC-like rules.

use std::collections::BTreeMap;

use serde_json::json;

use super::answer::{Answer, Outcome, Refusal};
use super::request::{Request, Target};

/// The token of the kubeconfig every server writes; it may do everything.
pub(crate) const ADMIN_TOKEN: &str = "admin-token";

const ADMIN: &str = "admin";
const ANONYMOUS: &str = "system:anonymous";

/// One thing a token may do.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    verbs: Vec<String>,
    group: String,
    resource: String,
    namespace: Option<String>,
    names: Option<Vec<String>>,
}

impl Rule {
    /// Allows `verbs` on a resource everywhere; `*` stands for any verb, group or resource, and
    /// subresources are named as roles name them: `pods/eviction`.
    pub(crate) fn allow(verbs: &[&str], group: &str, resource: &str) -> Self {
        let verbs = verbs.iter().map(|verb| (*verb).to_owned()).collect();
        Self { verbs, group: group.to_owned(), resource: resource.to_owned(), namespace: None, names: None }
    }

    /// Everything, everywhere.
    pub(crate) fn everything() -> Self {
        Self::allow(&["*"], "*", "*")
    }

    /// Allows it in one namespace only.
    #[must_use]
    pub(crate) fn in_namespace(mut self, namespace: &str) -> Self {
        self.namespace = Some(namespace.to_owned());
        self
    }

    /// Allows it on the objects of these names only (`resourceNames`): never a create, which has no
    /// name, and a list only when its field selector asks for one of them.
    #[must_use]
    pub(crate) fn named(mut self, names: &[&str]) -> Self {
        self.names = Some(names.iter().map(|name| (*name).to_owned()).collect());
        self
    }

    /// The verbs it allows.
    pub(crate) fn verbs(&self) -> &[String] {
        &self.verbs
    }

    /// The API group it is about.
    pub(crate) fn group(&self) -> &str {
        &self.group
    }

    /// The resource it is about.
    pub(crate) fn resource(&self) -> &str {
        &self.resource
    }

    /// The names it is limited to, if any.
    pub(crate) fn names(&self) -> Option<&[String]> {
        self.names.as_deref()
    }

    /// The one namespace it holds in, if not everywhere.
    pub(crate) fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    fn covers(&self, target: &Target, name: &str) -> bool {
        let resource = target.resource_name();
        let wanted =
            Wanted { verb: target.verb, group: target.resource.group, resource: &resource, namespace: &target.namespace, name };
        self.allows(&wanted)
    }

    fn allows(&self, wanted: &Wanted<'_>) -> bool {
        let is = |pattern: &str, value: &str| pattern == "*" || pattern == value;
        self.verbs.iter().any(|verb| is(verb, wanted.verb))
            && is(&self.group, wanted.group)
            && is(&self.resource, wanted.resource)
            && self.namespace.as_ref().is_none_or(|namespace| *namespace == wanted.namespace)
            && self.names.as_ref().is_none_or(|names| names.iter().any(|allowed| allowed == wanted.name))
    }
}

/// What somebody wants to do.
struct Wanted<'w> {
    verb: &'w str,
    group: &'w str,
    resource: &'w str,
    namespace: &'w str,
    name: &'w str,
}

/// The plural of the kind whose objects are answered and not kept.
const REVIEWS: &str = "subjectaccessreviews";

/// The tokens the server knows.
#[derive(Debug)]
pub(super) struct Access {
    users: BTreeMap<String, User>,
}

#[derive(Debug)]
struct User {
    name: String,
    rules: Vec<Rule>,
}

impl Default for Access {
    fn default() -> Self {
        let admin = User { name: ADMIN.to_owned(), rules: vec![Rule::everything()] };
        Self { users: BTreeMap::from([(ADMIN_TOKEN.to_owned(), admin)]) }
    }
}

impl Access {
    /// Makes `token` that of `user`, or changes what it may do.
    pub(super) fn grant(&mut self, token: &str, user: &str, rules: &[Rule]) {
        self.users.insert(token.to_owned(), User { name: user.to_owned(), rules: rules.to_vec() });
    }

    pub(super) fn revoke(&mut self, token: &str) {
        self.users.remove(token);
    }

    /// The name the log has for whoever asks.
    pub(super) fn user(&self, request: &Request) -> String {
        let known = request.bearer.as_ref().and_then(|token| self.users.get(token));
        known.map_or_else(|| ANONYMOUS.to_owned(), |user| user.name.clone())
    }

    /// Answers a review of what somebody may do, if the request is one. Only known users may do
    /// anything.
    pub(super) fn review(&self, request: &Request) -> Option<Outcome> {
        let target = request.target.as_ref()?;
        if target.resource.plural != REVIEWS || target.verb != "create" {
            return None;
        }
        Some(request.json().map(|mut review| {
            let attributes = review["spec"]["resourceAttributes"].clone();
            let field = |name: &str| attributes[name].as_str().unwrap_or_default().to_owned();
            let resource = match field("subresource").as_str() {
                "" => field("resource"),
                subresource => format!("{}/{subresource}", field("resource")),
            };
            let (verb, group, namespace, name) = (field("verb"), field("group"), field("namespace"), field("name"));
            let wanted = Wanted { verb: &verb, group: &group, resource: &resource, namespace: &namespace, name: &name };
            let user = self.users.values().find(|user| Some(user.name.as_str()) == review["spec"]["user"].as_str());
            let allowed = user.is_some_and(|user| user.rules.iter().any(|rule| rule.allows(&wanted)));
            review["status"] = json!({ "allowed": allowed });
            Answer::json(201, &review)
        }))
    }

    /// Lets the request pass or says what its user lacks.
    pub(super) fn check(&self, request: &Request) -> Outcome<()> {
        let user = match &request.bearer {
            Some(token) => Some(self.users.get(token).ok_or_else(Refusal::unauthorized)?),
            None => None,
        };
        let Some(target) = &request.target else {
            return if user.is_some() || is_public(&request.path) { Ok(()) } else { Err(no_path(request)) };
        };
        if user.is_some_and(|user| user.rules.iter().any(|rule| rule.covers(target, request.only_name()))) {
            return Ok(());
        }
        Err(missing(user.map_or(ANONYMOUS, |user| &user.name), target))
    }
}

/// Paths a cluster shows to everybody.
fn is_public(path: &str) -> bool {
    matches!(path, "/version" | "/healthz" | "/livez" | "/readyz")
}

fn no_path(request: &Request) -> Refusal {
    let verb = request.method.to_lowercase();
    let message = format!("forbidden: User {ANONYMOUS:?} cannot {verb} path {:?}", request.path);
    Refusal::new(403, "Forbidden", message)
}

fn missing(user: &str, target: &Target) -> Refusal {
    let scope = match target.namespace.as_str() {
        "" => "at the cluster scope".to_owned(),
        namespace => format!("in the namespace {namespace:?}"),
    };
    let why = format!(
        "User {user:?} cannot {} resource {:?} in API group {:?} {scope}",
        target.verb,
        target.resource_name(),
        target.resource.group
    );
    Refusal::forbidden(target.resource, &target.name, &why)
}
