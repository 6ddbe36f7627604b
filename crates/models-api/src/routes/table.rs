//! The table of routes. The router, `Allow`, CORS, metrics, access and the fast path derive from it. The service has no
//! route outside the table.

use actix_web::http::Method;

use super::path::LIST;
use crate::access::permission::{DELETE, Permission, READ};

/// A path of the table, or any other path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    /// The description of the service.
    Index,
    /// The list of models.
    List,
    /// A model. Its id is the rest of the path, with slashes; `routes::path` decodes it.
    Model,
    /// Any other path.
    None,
}

impl Template {
    /// Returns the template of a path, which is not decoded.
    pub(crate) fn of(path: &str) -> Self {
        match path.strip_prefix(LIST) {
            Some("") => Self::List,
            Some(rest) if rest.starts_with('/') && rest.len() > 1 => Self::Model,
            Some(_) | None if path == Self::Index.pattern() => Self::Index,
            Some(_) | None => Self::None,
        }
    }

    /// The pattern for actix-web's router.
    #[must_use]
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::Index => "/",
            Self::List => LIST,
            Self::Model => "/v1/models/{id:.+}",
            Self::None => "",
        }
    }

    /// The path in the OpenAPI document.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Model => "/v1/models/{model}",
            Self::Index | Self::List | Self::None => self.pattern(),
        }
    }

    /// The label in metrics and in the log. It is empty for paths outside the API.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::List | Self::Model => self.path(),
            Self::Index | Self::None => "",
        }
    }
}

/// The operation of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Describes the service.
    ShowIndex,
    /// Lists models.
    List,
    /// Retrieves a model.
    Retrieve,
    /// Deletes a model.
    Delete,
}

/// The callers that may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// All callers, without a key.
    Public,
    /// Keys with this permission.
    Key(Permission),
}

/// The treatment of a request's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyPolicy {
    /// No handler reads the body. The server receives and drops a body of at most `limits.body_kib` KiB, and refuses a
    /// larger one. It closes the connection after a body without an announced length.
    None,
}

/// A method of a path.
#[derive(Debug)]
pub struct Route {
    /// The path.
    pub template: Template,
    /// The method.
    pub method: Method,
    /// The operation.
    pub operation: Operation,
    /// The callers that may use the route.
    pub access: Access,
    /// The treatment of a request's body.
    pub body: BodyPolicy,
    /// Whether the fast path can serve the route from memory, without the router.
    pub is_in_memory: bool,
}

impl Route {
    /// Finds the route of this method and path.
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

/// All routes. The routes of a path are adjacent.
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

/// Returns the methods of these routes for `Allow` and for CORS.
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
    fn each_method_of_a_path_is_in_the_table_once() {
        for route in &ROUTES {
            let found = Route::find(&route.method, route.template).unwrap();
            assert!(std::ptr::eq(found, route), "{route:?}");
        }
        assert!(Route::find(&Method::POST, Template::List).is_none());
        assert!(Route::find(&Method::GET, Template::None).is_none());
        assert_eq!(methods(&ROUTES), "GET, HEAD, DELETE");
    }
}
