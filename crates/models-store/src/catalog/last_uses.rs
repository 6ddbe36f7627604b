//! The last uses of keys.

use models_core::{RepositoryError, Timestamp};

use super::database::Backend;
use super::sql_store::SqlStore;
use crate::database::Transaction;

/// The uses that one transaction records. Other changes can take the turn between two transactions.
const USES_AT_ONCE: usize = 500;

impl<DB: Backend> SqlStore<DB> {
    /// Runs the statement for each id `$1` with the time `$2` of its use. A use is no change: it has
    /// no event and no revision.
    pub(crate) async fn record_last_uses<I>(
        &self,
        sql: &'static str,
        mut uses: Vec<(I, Timestamp)>,
    ) -> Result<(), RepositoryError>
    where
        I: Ord + Into<String> + Send + 'static,
    {
        // All processes lock the rows in this order, so that they cannot deadlock.
        uses.sort();
        let uses = uses.into_iter().map(|(id, at)| (id.into(), i64::from(at)));
        let uses: Vec<(String, i64)> = uses.collect();
        let store = self.clone();
        self.run(async move {
            for uses in uses.chunks(USES_AT_ONCE) {
                store.check_database_file()?;
                let mut transaction = Transaction::begin(&store.writer, store.begin).await?;
                for (id, at) in uses {
                    let values = vec![id.as_str().into(), (*at).into()];
                    transaction.fetch::<(i64,)>(sql, values).await?;
                }
                transaction.commit(None).await?;
            }
            Ok(())
        })
        .await
    }
}
