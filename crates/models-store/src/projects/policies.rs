//! The stored form of policies, in columns and in events.

use std::borrow::Cow;
use std::sync::Arc;

use models_core::{Invalid, Policy, PolicyEntry, RepositoryError};
use serde::{Deserialize, Serialize};

use crate::database::damaged;

/// A policy as JSON, such as `{"mode":"allow_list","model_ids":["a","b-*"]}`.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredPolicy<'a> {
    mode: Cow<'a, str>,
    model_ids: Vec<Cow<'a, str>>,
}

impl<'a> From<&'a Policy> for StoredPolicy<'a> {
    fn from(policy: &'a Policy) -> Self {
        Self {
            mode: policy.mode().as_str().into(),
            model_ids: policy.entries().map(Cow::from).collect(),
        }
    }
}

impl TryFrom<StoredPolicy<'_>> for Policy {
    type Error = Invalid;

    fn try_from(stored: StoredPolicy<'_>) -> Result<Self, Invalid> {
        let entries = stored.model_ids.into_iter();
        let entries = entries.map(|entry| PolicyEntry::try_from(entry.into_owned()));
        Self::new(stored.mode.parse()?, entries.collect::<Result<_, _>>()?)
    }
}

/// The policy in the form of a column.
pub(crate) fn write(policy: Option<&Policy>) -> Result<Option<String>, RepositoryError> {
    let written = policy.map(|policy| serde_json::to_string(&StoredPolicy::from(policy)));
    written
        .transpose()
        .map_err(|error| RepositoryError::Failed(error.into()))
}

/// The policy in a column of this table.
pub(crate) fn read(
    table: &'static str,
    column: Option<&str>,
) -> Result<Option<Arc<Policy>>, RepositoryError> {
    let Some(json) = column else {
        return Ok(None);
    };
    let stored: StoredPolicy<'_> =
        serde_json::from_str(json).map_err(|error| damaged(table, error))?;
    let policy = Policy::try_from(stored).map_err(|error| damaged(table, error))?;
    Ok(Some(Arc::new(policy)))
}

#[cfg(test)]
mod tests {
    use models_core::PolicyMode;

    use super::*;

    #[test]
    fn a_policy_is_read_as_it_was_written() {
        let entries = ["b-*", "ü \"x\"", "a"].map(|entry| entry.parse().unwrap());
        let policy = Policy::new(PolicyMode::AllowList, entries.into()).unwrap();
        let json = write(Some(&policy)).unwrap();
        let expected = r#"{"mode":"allow_list","model_ids":["a","ü \"x\"","b-*"]}"#;
        assert_eq!(json.as_deref(), Some(expected));
        let read_again = read("projects", json.as_deref()).unwrap();
        assert_eq!(read_again.as_deref(), Some(&policy));
        assert_eq!(write(None).unwrap(), None);
        assert_eq!(read("projects", None).unwrap(), None);
        for damaged in ["", "{}", r#"{"mode":"some","model_ids":[]}"#] {
            assert!(read("projects", Some(damaged)).is_err(), "{damaged}");
        }
    }
}
