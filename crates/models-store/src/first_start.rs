//! The first start on an empty catalog.

use async_trait::async_trait;
use models_core::{FirstContents, FirstStartRepository, Origin, RepositoryError};

use crate::admin_api_keys::insert_admin_key;
use crate::api_keys::insert_api_key;
use crate::catalog::{Backend, Mutation, SqlStore};
use crate::models::insert_all;
use crate::organizations::insert_organization;
use crate::service_accounts::insert as insert_account;

#[async_trait]
impl<DB: Backend> FirstStartRepository for SqlStore<DB> {
    async fn fill_if_empty(
        &self,
        contents: FirstContents,
        origin: Origin,
    ) -> Result<bool, RepositoryError> {
        let store = self.clone();
        self.run(async move {
            let mut mutation = Mutation::begin(&store, origin).await?;
            if !mutation.is_first() {
                mutation.roll_back().await?;
                return Ok(false);
            }
            let FirstContents {
                import,
                organization,
                account,
                key,
                digest,
                admin_key,
                admin_digest,
            } = contents;
            insert_all(&mut mutation, &import).await?;
            insert_organization(&mut mutation, organization).await?;
            insert_account(&mut mutation, account).await?;
            insert_api_key(&mut mutation, key, digest).await?;
            insert_admin_key(&mut mutation, admin_key, admin_digest).await?;
            mutation.commit().await?;
            Ok(true)
        })
        .await
    }
}
