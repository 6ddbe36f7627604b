//! The texts about objects that do not exist.

use models_core::{ApiKeyId, ProjectId, ServiceAccountId, Slug};

pub(super) fn organization(slug: &Slug) -> String {
    format!("there is no organization `{slug}`; `models-api organization list` shows all")
}

pub(super) fn project(id: &ProjectId) -> String {
    format!("there is no project `{id}`")
}

pub(super) fn service_account(id: &ServiceAccountId) -> String {
    format!(
        "the project has no service account `{id}`; `models-api service-account list` shows all of a project, and \
         --project names another project"
    )
}

/// An operator may type the key itself in place of its id, so the text repeats only ids that the service makes.
pub(super) fn key(id: &ApiKeyId) -> String {
    if id.as_str().starts_with("key_") {
        format!("there is no key `{id}`; `models-api key list` shows all")
    } else {
        "there is no key with this id; `models-api key list` shows all; to revoke a key by its secret: models-api key \
         revoke --secret-file -"
            .to_owned()
    }
}
