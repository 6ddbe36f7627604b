//! Deletions and revocations beside an import.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use models_core::ApiKeyId;
use uuid::Uuid;

use crate::Failure;
use crate::environment::catalog::{Catalog, origin};
use crate::environment::node::Node;
use crate::report::Report;

/// The pause between two changes beside the import.
const PAUSE: Duration = Duration::from_millis(100);

/// The targets for deletions and revocations.
pub const P99: Duration = Duration::from_secs(1);
pub const SLOWEST: Duration = Duration::from_secs(4);

/// The number of models to delete and of keys to revoke.
const VICTIMS: usize = 300;

/// The durations of deletions and revocations, or their failures.
pub struct Took(pub Vec<Result<Duration, String>>);

impl Took {
    pub fn slow(&self, limit: Duration) -> usize {
        let in_time =
            |took: &Result<Duration, String>| took.as_ref().is_ok_and(|took| *took <= limit);
        self.0.iter().filter(|took| !in_time(took)).count()
    }

    pub fn report(self, report: &mut Report, name: &str) {
        let of = self.0.len();
        let (mut durations, mut failed) = (vec![], 0);
        for took in self.0 {
            match took {
                Ok(took) => durations.push(took),
                Err(reason) => {
                    eprintln!("{name}: {reason}");
                    failed += 1;
                }
            }
        }
        report.none(
            name,
            "deletions and revocations beside the import that failed",
            failed,
            of,
            // Their number depends on the duration of the import.
            1,
        );
        report.within(name, "deletions and revocations", &mut durations, 99, P99);
        report.within(
            name,
            "deletions and revocations",
            &mut durations,
            100,
            SLOWEST,
        );
    }
}

/// Deletes through a node and revokes with the store, in turn.
pub struct Beside {
    catalog: Arc<Catalog>,
    node: Arc<Node>,
    victims: Vec<(String, ApiKeyId)>,
    /// The key that is revoked after the model that was deleted last.
    key: Option<ApiKeyId>,
}

impl Beside {
    pub fn new(catalog: Catalog, node: Node) -> Self {
        Self {
            catalog: Arc::new(catalog),
            node: Arc::new(node),
            victims: vec![],
            key: None,
        }
    }

    /// Adds models to delete and keys to revoke, enough for a minute.
    pub async fn refill(&mut self) -> Result<(), Failure> {
        let missing = VICTIMS - self.victims.len();
        let ids: Vec<String> = (0..missing)
            .map(|_| format!("m-{}", Uuid::now_v7().simple()))
            .collect();
        self.catalog.add(&ids).await?;
        let keys = self.catalog.keys(missing).await?.into_iter();
        let keys = keys.map(|(key, _)| key);
        self.victims.extend(ids.into_iter().zip(keys));
        Ok(())
    }

    /// Runs the work, and ten changes a second beside it.
    pub async fn run<T>(
        &mut self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<(T, Took), Failure> {
        let mut work = pin!(work);
        let mut ticks = tokio::time::interval(PAUSE);
        let mut changes = vec![];
        let done = loop {
            tokio::select! {
                done = &mut work => break done?,
                _ = ticks.tick() => changes.extend(self.change().map(tokio::spawn)),
            }
        };
        let took = join_all(changes).await.into_iter();
        Ok((done, Took(took.collect::<Result<_, _>>()?)))
    }

    /// Takes the next change; `None` if there is none left.
    fn change(
        &mut self,
    ) -> Option<impl Future<Output = Result<Duration, String>> + Send + 'static> {
        let (catalog, node) = (self.catalog.clone(), self.node.clone());
        let revoked = self.key.take();
        let deleted = if revoked.is_some() {
            None
        } else {
            let (id, key) = self.victims.pop()?;
            self.key = Some(key);
            Some(id)
        };
        Some(async move {
            let began = Instant::now();
            if let Some(id) = deleted {
                let response = node.delete(&catalog.owner, &id).await;
                let response = response.map_err(|error| error.to_string())?;
                if response.status != 200 {
                    return Err(format!("{}: {}", response.status, response.body));
                }
            }
            if let Some(key) = revoked {
                let revoked = catalog.store.api_keys.revoke(&key, origin()).await;
                let revoked = revoked.map_err(|error| error.to_string())?;
                revoked.ok_or("there is no such key")?;
            }
            Ok(began.elapsed())
        })
    }
}
