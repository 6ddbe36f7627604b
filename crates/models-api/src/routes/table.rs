//! The table of routes. Router, `Allow`, CORS, metrics, access and the fast path derive from it; what is not in the table is
//! not served.

use actix_web::http::Method;

use super::path::LIST;
use crate::access::permission::{DELETE, Permission, READ};

/// A path of the table, or none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    /// What this service is.
    Index,
    /// The list of models.
    List,
    /// A model. Its id is the rest of the path, slashes and all; `routes::path` reads it.
    Model,
    /// Any other path.
    None,
}

impl Template {
    /// The template of a path, as it was sent.
    pub(crate) fn of(path: &str) -> Self {
        match path.strip_prefix(LIST) {
            Some("") => Self::List,
            Some(rest) if rest.starts_with('/') && rest.len() > 1 => Self::Model,
            Some(_) | None if path == Self::Index.pattern() => Self::Index,
            Some(_) | None => Self::None,
        }
    }

    /// The path, as actix-web's router has it.
    #[must_use]
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::Index => "/",
            Self::List => LIST,
            Self::Model => "/v1/models/{id:.+}",
            Self::None => "",
        }
    }

    /// The path, as the OpenAPI document has it.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Model => "/v1/models/{model}",
            Self::Index | Self::List | Self::None => self.pattern(),
        }
    }

    /// What metrics and the log call it. What belongs to no resource of the API has no name.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::List | Self::Model => self.path(),
            Self::Index | Self::None => "",
        }
    }
}

/// What a route does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Shows what this service is.
    ShowIndex,
    /// Lists models.
    List,
    /// Retrieves a model.
    Retrieve,
    /// Deletes a model.
    Delete,
}

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody, without a key.
    Public,
    /// Keys with this permission.
    Key(Permission),
}

/// What becomes of the body of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyPolicy {
    /// No handler reads it. A body of at most `limits.body_kib` KiB is received and dropped; a larger one is refused. After one
    /// without an announced length the connection closes.
    None,
}

/// A method of a path.
#[derive(Debug)]
pub struct Route {
    /// The path.
    pub template: Template,
    /// The method.
    pub method: Method,
    /// What it does.
    pub operation: Operation,
    /// Who may use it.
    pub access: Access,
    /// What becomes of a request's body.
    pub body: BodyPolicy,
    /// Whether memory can serve it, without the router.
    pub is_in_memory: bool,
}

impl Route {
    /// The route of this method and path.
    pub(crate) fn find(method: &Method, template: Template) -> Option<&'static Self> {
        ROUTES
            .iter()
            .find(|route| route.template == template && route.method == *method)
    }
}

const fn read(template: Template, method: Method, operation: Operation) -> Route {
    Route {
        template,
        method,
        operation,
        access: Access::Key(READ),
        body: BodyPolicy::None,
        is_in_memory: true,
    }
}

const fn index(method: Method) -> Route {
    Route {
        template: Template::Index,
        method,
        operation: Operation::ShowIndex,
        access: Access::Public,
        body: BodyPolicy::None,
        is_in_memory: false,
    }
}

/// All routes, those of a path beside each other.
pub static ROUTES: [Route; 7] = [
    read(Template::List, Method::GET, Operation::List),
    read(Template::List, Method::HEAD, Operation::List),
    read(Template::Model, Method::GET, Operation::Retrieve),
    read(Template::Model, Method::HEAD, Operation::Retrieve),
    Route {
        template: Template::Model,
        method: Method::DELETE,
        operation: Operation::Delete,
        access: Access::Key(DELETE),
        body: BodyPolicy::None,
        is_in_memory: false,
    },
    index(Method::GET),
    index(Method::HEAD),
];

/// The methods of these routes, for `Allow` and for CORS.
pub(crate) fn methods<'a>(routes: impl IntoIterator<Item = &'a Route>) -> String {
    let mut methods: Vec<&str> = vec![];
    for route in routes {
        if !methods.contains(&route.method.as_str()) {
            methods.push(route.method.as_str());
        }
    }
    methods.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_has_its_template() {
        for (path, template) in [
            ("/", Template::Index),
            ("/v1/models", Template::List),
            ("/v1/models/a", Template::Model),
            ("/v1/models/a/b", Template::Model),
            ("/v1/models/", Template::None),
            ("/v1/modelsx", Template::None),
            ("//", Template::None),
            ("", Template::None),
        ] {
            assert_eq!(Template::of(path), template, "{path}");
        }
    }

    #[test]
    fn a_method_of_a_path_is_in_the_table_once() {
        for route in &ROUTES {
            let found = Route::find(&route.method, route.template).unwrap();
            assert!(std::ptr::eq(found, route), "{route:?}");
        }
        assert!(Route::find(&Method::POST, Template::List).is_none());
        assert!(Route::find(&Method::GET, Template::None).is_none());
        assert_eq!(methods(&ROUTES), "GET, HEAD, DELETE");
    }
}
