//! Counts of the catalog's contents.

use std::time::Duration;

use async_trait::async_trait;
use models_core::{CatalogCounts, CountRepository, RepositoryError, Timestamp};

use super::database::{Backend, Database};

/// Counts the contents at the time `$1`. Keys expire soon if they expire until `$2`.
const COUNT: &str = "WITH keys AS ( \
        SELECT k.expires_at FROM api_keys k JOIN projects p ON p.id = k.project_id \
            JOIN organizations o ON o.id = k.organization_id \
            WHERE k.revoked_at IS NULL AND p.archived_at IS NULL AND o.disabled_at IS NULL \
        UNION ALL SELECT k.expires_at FROM admin_api_keys k JOIN organizations o ON o.id = k.organization_id \
            WHERE k.revoked_at IS NULL AND o.disabled_at IS NULL) \
    SELECT (SELECT COUNT(*) FROM models), \
        (SELECT COUNT(*) FROM organizations WHERE deleted_at IS NULL), \
        (SELECT COUNT(*) FROM projects WHERE archived_at IS NULL), \
        (SELECT COUNT(*) FROM keys WHERE expires_at IS NULL OR expires_at > $1), \
        (SELECT COUNT(*) FROM keys WHERE expires_at > $1 AND expires_at <= $2)";

#[async_trait]
impl<DB: Backend> CountRepository for Database<DB> {
    async fn count(
        &self,
        now: Timestamp,
        soon: Duration,
    ) -> Result<CatalogCounts, RepositoryError> {
        let until = now.checked_add(soon).map_or(i64::MAX, i64::from);
        let values = vec![i64::from(now).into(), until.into()];
        let rows: Vec<(i64, i64, i64, i64, i64)> = self.read(COUNT, values).await?;
        let counted = rows.first().copied().unwrap_or_default();
        let (models, organizations, projects, keys, expiring_keys) = counted;
        Ok(CatalogCounts {
            models,
            organizations,
            projects,
            keys,
            expiring_keys,
        })
    }
}
