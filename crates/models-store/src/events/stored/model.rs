//! The stored form of models.

use std::borrow::Cow;

use models_core::{Invalid, Model, Scope, ShutdownDate, Timestamp};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct StoredModel<'a> {
    id: Cow<'a, str>,
    scope: StoredScope<'a>,
    created: u32,
    owned_by: Cow<'a, str>,
    shutdown_date: Option<Cow<'a, str>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredScope<'a> {
    Public,
    Organization(Cow<'a, str>),
}

impl<'a> From<&'a Model> for StoredModel<'a> {
    fn from(model: &'a Model) -> Self {
        let Model {
            id,
            scope,
            created,
            owned_by,
            shutdown_date,
        } = model;
        Self {
            id: id.as_str().into(),
            scope: match scope {
                Scope::Public => StoredScope::Public,
                Scope::Organization(id) => StoredScope::Organization(id.as_str().into()),
            },
            created: created.seconds(),
            owned_by: owned_by.as_str().into(),
            shutdown_date: shutdown_date.map(|date| String::from(date).into()),
        }
    }
}

impl TryFrom<StoredModel<'_>> for Model {
    type Error = Invalid;

    fn try_from(stored: StoredModel<'_>) -> Result<Self, Invalid> {
        let date = stored
            .shutdown_date
            .map(|date| date.parse::<ShutdownDate>());
        Ok(Self {
            id: stored.id.into_owned().try_into()?,
            scope: match stored.scope {
                StoredScope::Public => Scope::Public,
                StoredScope::Organization(id) => Scope::Organization(id.parse()?),
            },
            created: Timestamp::from_seconds(stored.created),
            owned_by: stored.owned_by.parse()?,
            shutdown_date: date.transpose()?,
        })
    }
}
