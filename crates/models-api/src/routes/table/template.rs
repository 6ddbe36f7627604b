//! The paths of the table.

use super::resource::Resource;
use crate::routes::path::LIST;

/// A path of the table, or any other path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    /// The description of the service.
    Index,
    /// The list of models.
    List,
    /// A model. Its id is the rest of the path, with slashes; `routes::path` decodes it.
    Model,
    /// A resource of the administration API.
    Administration(Resource),
    /// Authorization requests, on the listener for gateways. The rest of the path may be the client's path.
    Authorize,
    /// The list of models for gateways, on the same listener.
    AuthorizedModels,
    /// Any other path.
    None,
}

impl Template {
    /// Returns the template of a path, which is not decoded.
    #[must_use]
    pub fn of(path: &str) -> Self {
        match path.strip_prefix(LIST) {
            Some("") => Self::List,
            Some(rest) if rest.starts_with('/') && rest.len() > 1 => Self::Model,
            Some(_) | None if path == Self::Index.pattern() => Self::Index,
            Some(_) => Self::None,
            None => match path.strip_prefix(Self::Authorize.pattern()) {
                Some(rest) if rest.is_empty() || rest.starts_with('/') => Self::Authorize,
                Some(_) | None if path == Self::AuthorizedModels.pattern() => {
                    Self::AuthorizedModels
                }
                Some(_) | None => Resource::of(path).map_or(Self::None, Self::Administration),
            },
        }
    }

    /// The pattern for actix-web's router.
    #[must_use]
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::Index => "/",
            Self::List => LIST,
            Self::Model => "/v1/models/{id:.+}",
            Self::Administration(resource) => resource.path(),
            Self::Authorize => "/v1/authorize",
            Self::AuthorizedModels => "/v1/authorized-models",
            Self::None => "",
        }
    }

    /// The path in the OpenAPI document.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Model => "/v1/models/{model}",
            Self::Index
            | Self::List
            | Self::Administration(_)
            | Self::Authorize
            | Self::AuthorizedModels
            | Self::None => self.pattern(),
        }
    }

    /// The label in metrics and in the log. It is empty for paths outside the API.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::List
            | Self::Model
            | Self::Administration(_)
            | Self::Authorize
            | Self::AuthorizedModels => self.path(),
            Self::Index | Self::None => "",
        }
    }
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
            (
                "/v1/organization/projects/a",
                Template::Administration(Resource::Project),
            ),
            ("/v1/organization/projects/", Template::None),
            ("/v1/organization", Template::None),
            ("/v1/authorize", Template::Authorize),
            ("/v1/authorize/v1/models/a", Template::Authorize),
            ("/v1/authorizex", Template::None),
            ("/v1/authorized-models", Template::AuthorizedModels),
            ("/v1/authorized-models/", Template::None),
        ] {
            assert_eq!(Template::of(path), template, "{path}");
        }
    }
}
