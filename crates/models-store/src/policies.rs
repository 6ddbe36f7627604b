//! The table of policies.

use std::borrow::Cow;
use std::sync::Arc;

use models_core::{Invalid, Policy, PolicyDigest, PolicyEntry, RepositoryError};
use serde::{Deserialize, Serialize};

use crate::catalog::{Backend, Database, Mutation};
use crate::database::damaged;

/// A policy as JSON, such as `{"mode":"allow_list","model_ids":["a","b-*"]}`.
#[derive(Serialize, Deserialize)]
struct StoredPolicy<'a> {
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

const FIND: &str = "SELECT policy FROM policies WHERE digest = $1";
const INSERT: &str =
    "INSERT INTO policies (digest, policy) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING";

/// Finds the policy with this digest.
pub(crate) async fn find<DB: Backend>(
    database: &Database<DB>,
    digest: &PolicyDigest,
) -> Result<Option<Arc<Policy>>, RepositoryError> {
    let values = vec![digest.to_hex().as_str().into()];
    let rows: Vec<(String,)> = database.read(FIND, values).await?;
    read(rows.first().map(|(json,)| json.as_str()))
}

/// Inserts the policy within an open transaction, unless the table has it. Returns its digest, which
/// other tables refer to.
pub(crate) async fn insert<DB: Backend>(
    mutation: &mut Mutation<DB>,
    policy: Option<&Policy>,
) -> Result<Option<String>, RepositoryError> {
    let Some(policy) = policy else {
        return Ok(None);
    };
    let digest = policy.digest().to_hex();
    let json = write(policy)?;
    let values = vec![digest.as_str().into(), json.as_str().into()];
    mutation.execute(INSERT, values).await?;
    Ok(Some(digest))
}

fn write(policy: &Policy) -> Result<String, RepositoryError> {
    let written = serde_json::to_string(&StoredPolicy::from(policy));
    written.map_err(|error| RepositoryError::Failed(error.into()))
}

/// The policy with this text in the table.
pub(crate) fn read(column: Option<&str>) -> Result<Option<Arc<Policy>>, RepositoryError> {
    const TABLE: &str = "policies";
    let Some(json) = column else {
        return Ok(None);
    };
    let stored: StoredPolicy<'_> =
        serde_json::from_str(json).map_err(|error| damaged(TABLE, error))?;
    let policy = Policy::try_from(stored).map_err(|error| damaged(TABLE, error))?;
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
        let json = write(&policy).unwrap();
        let expected = r#"{"mode":"allow_list","model_ids":["a","ü \"x\"","b-*"]}"#;
        assert_eq!(json, expected);
        assert_eq!(read(Some(&json)).unwrap().as_deref(), Some(&policy));
        assert_eq!(read(None).unwrap(), None);
        for damaged in ["", "{}", r#"{"mode":"some","model_ids":[]}"#] {
            assert!(read(Some(damaged)).is_err(), "{damaged}");
        }
    }
}
