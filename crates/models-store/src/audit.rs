//! The audit log: the event log as administrators see it.

mod pruning;
mod row;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use models_core::{
    AuditEntry, AuditQuery, AuditRepository, Change, Order, OrganizationId, Origin, Page, Policy,
    PolicyDigest, RepositoryError, Revision, Timestamp,
};
use tokio::time::timeout;

use self::row::AuditRow;
use crate::catalog::{Backend, SqlStore};
use crate::database::Value;
use crate::policies;

/// Writes the statement that lists entries. `$1` and `$2` are the revisions between which the
/// entries are, `$3` and `$4` the first and the last time, `$5` the organization, `$6` to `$9` the
/// lists of [`choices`], and `$10` the limit.
///
/// The actor's key is found by its id, which in the events of version 0.1 has no tag. An admin key
/// acts in the default project where the change names none. A comparison with NULL selects nothing.
macro_rules! list {
    ($organization:literal, $order:literal) => {
        concat!(
            "SELECT e.revision, e.occurred_at, e.actor, e.type, e.change, e.context, e.organization_id, e.subject_id, \
                k.service_account_id, p.id AS project_id, p.name AS project_name \
            FROM events e \
                LEFT JOIN api_keys k ON k.id = CASE substr(e.actor, 1, 4) \
                    WHEN 'key:' THEN substr(e.actor, 5) WHEN 'key_' THEN e.actor END \
                LEFT JOIN projects d ON d.organization_id = e.organization_id AND d.is_default = 1 \
                    AND substr(e.actor, 1, 10) = 'admin_key:' \
                LEFT JOIN projects p ON p.id = COALESCE(e.project_id, k.project_id, d.id) \
            WHERE e.revision > $1 AND e.revision < $2 AND e.occurred_at >= $3 AND e.occurred_at <= $4 AND ",
            $organization,
            " AND ($6 IS NULL OR replace($6, '\n' || e.type || '\n', '') <> $6) \
            AND ($7 IS NULL OR replace($7, '\n' || e.actor || '\n', '') <> $7 \
                OR replace($7, '\n' || k.service_account_id || '\n', '') <> $7) \
            AND ($8 IS NULL OR replace($8, '\n' || p.id || '\n', '') <> $8) \
            AND ($9 IS NULL OR replace($9, '\n' || e.subject_id || '\n', '') <> $9) \
            ORDER BY e.revision ",
            $order,
            " LIMIT $10"
        )
    };
}

const LIST_ALL: [&str; 2] = [list!("$5 IS NULL", "ASC"), list!("$5 IS NULL", "DESC")];
const LIST_OWN: [&str; 2] = [
    list!("e.organization_id = $5", "ASC"),
    list!("e.organization_id = $5", "DESC"),
];

/// The longest wait for other reads of the audit log. It is the deadline of a statement.
const LONGEST_WAIT: Duration = Duration::from_secs(8);

#[async_trait]
impl<DB: Backend> AuditRepository for SqlStore<DB> {
    async fn list(&self, query: AuditQuery) -> Result<Page<AuditEntry, Revision>, RepositoryError> {
        let store = self.clone();
        self.run(async move {
            let turn = timeout(LONGEST_WAIT, store.audit_turn.acquire()).await;
            let _turn = turn.map_err(|_| {
                RepositoryError::Unavailable("other reads of the audit log take long".into())
            })?;
            store.list_entries(query).await
        })
        .await
    }

    async fn prune(&self, before: Timestamp, origin: Origin) -> Result<u64, RepositoryError> {
        let store = self.clone();
        self.run(async move { pruning::prune(&store, before, origin).await })
            .await
    }
}

impl<DB: Backend> SqlStore<DB> {
    async fn list_entries(
        &self,
        query: AuditQuery,
    ) -> Result<Page<AuditEntry, Revision>, RepositoryError> {
        let limit = query.limit.get();
        let statements = match query.organization_id {
            None => LIST_ALL,
            Some(_) => LIST_OWN,
        };
        let sql = match query.order {
            Order::Ascending => statements[0],
            Order::Descending => statements[1],
        };
        let rows: Vec<AuditRow> = self.read(sql, values(&query)).await?;
        let items = rows.into_iter().map(AuditRow::entry);
        let mut items = items.collect::<Result<Vec<_>, _>>()?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = items.len() > limit;
        items.truncate(limit);
        self.add_policies(&mut items).await?;
        let last = items.last().map(|entry| entry.revision);
        let next = last.filter(|_| has_more);
        Ok(Page { items, next })
    }

    /// Adds the policies that the changes name. Most pages name few.
    async fn add_policies(&self, entries: &mut [AuditEntry]) -> Result<(), RepositoryError> {
        let mut found: HashMap<PolicyDigest, Option<Arc<Policy>>> = HashMap::new();
        for entry in entries {
            let named = entry.change.iter().flat_map(Change::policies);
            for reference in named.filter(|reference| reference.entries <= AuditEntry::LISTED) {
                let policy = match found.get(&reference.digest) {
                    Some(policy) => policy.clone(),
                    None => policies::find(self, &reference.digest).await?,
                };
                entry.policies.extend(policy.clone());
                found.insert(reference.digest, policy);
            }
        }
        Ok(())
    }
}

fn values(query: &AuditQuery) -> Vec<Value> {
    let actors = query.actor_ids.as_ref().map(|ids| {
        let names = ids
            .iter()
            .flat_map(|id| [id.clone(), format!("key:{id}"), format!("admin_key:{id}")]);
        names.collect::<Vec<_>>()
    });
    let newer_than = query.newer_than.map_or(i64::MIN, |revision| revision.0);
    let older_than = query.older_than.map_or(i64::MAX, |revision| revision.0);
    vec![
        newer_than.into(),
        older_than.into(),
        (*query.at.start()).into(),
        (*query.at.end()).into(),
        query
            .organization_id
            .as_ref()
            .map(OrganizationId::as_str)
            .into(),
        choices(query.kinds.as_deref()).as_deref().into(),
        choices(actors.as_deref()).as_deref().into(),
        choices(query.project_ids.as_deref()).as_deref().into(),
        choices(query.subject_ids.as_deref()).as_deref().into(),
        // One row more than the page shows whether there is another page.
        (i64::from(query.limit.get()) + 1).into(),
    ]
}

/// The texts to choose from, each between line feeds. No id and no kind has a control character, so
/// a text with one selects nothing; PostgreSQL refuses some of them.
fn choices(texts: Option<&[String]>) -> Option<String> {
    let chosen = texts?
        .iter()
        .filter(|text| !text.contains(char::is_control));
    let lines = chosen.map(|text| format!("{text}\n"));
    Some(format!("\n{}", lines.collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_stand_between_line_feeds() {
        assert_eq!(choices(None), None);
        assert_eq!(choices(Some(&[])).as_deref(), Some("\n"));
        let texts = ["a", "b\nc", "d\0"].map(str::to_owned);
        assert_eq!(choices(Some(&texts)).as_deref(), Some("\na\n"));
    }
}
