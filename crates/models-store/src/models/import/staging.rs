//! The temporary tables of an import.

use std::collections::HashMap;

use models_core::{
    Import, Level, Model, ModelId, OrganizationId, Origin, Plan, PlannedStep, Progress,
    RepositoryError, Revision, Timestamp,
};

use super::connection::{ImportConnection, Turn};
use super::ranks::{Numbering, Span};
use super::staged_row::staged_row;
use super::statements::{FIND, STAGE, STAGED, pieces};
use super::tables::{
    ARRANGE, CLEAR_ARRANGED, CREATE, FIND_CHANGED, FIND_ORGANIZATION, FIND_STALE, FIND_STALE_SINCE,
    RANK, RECORD, UNSTAGE, WRITE,
};
use crate::catalog::Backend;
use crate::database::Value;
use crate::events::context;
use crate::models::rows::{column, models};

/// The most stale rows that one query returns. From this number on, an import does not stage them
/// again within the turn.
pub(super) const MOST_STALE: usize = 1_000;

/// An import whose entries are being compared with the stored models.
pub(super) struct Staging<'a, DB: Backend> {
    pub(super) connection: ImportConnection<DB>,
    import: &'a Import,
    /// The name of the scope's organization when the import began; `None` for public models.
    organization_name: Option<String>,
    at: Timestamp,
    /// The steps of the entries that have been staged.
    plan: Plan,
    /// The highest level that any of the changes needs.
    level: Level,
    /// Whether one of the changes takes something away.
    takes_away: bool,
    /// The newest revision before the last comparison of all entries.
    compared_at: Revision,
    /// Whether `rank` and `arranged_models` match the staged rows.
    is_ranked: bool,
    is_arranged: bool,
}

impl<'a, DB: Backend> Staging<'a, DB> {
    /// Creates the tables. `Failed` if the scope's organization does not exist.
    pub(super) async fn begin(
        mut connection: ImportConnection<DB>,
        import: &'a Import,
        origin: &Origin,
    ) -> Result<Self, RepositoryError> {
        let organization_name = organization_name(&mut connection, import).await?;
        for statement in CREATE {
            connection.execute(statement, vec![]).await?;
        }
        Ok(Self {
            connection,
            import,
            organization_name,
            at: origin.at,
            plan: Plan::default(),
            level: Level::FIRST,
            takes_away: false,
            compared_at: Revision(0),
            is_ranked: true,
            is_arranged: false,
        })
    }

    pub(super) fn take_plan(&mut self) -> Plan {
        std::mem::take(&mut self.plan)
    }

    /// The number of models that the staged entries change.
    pub(super) fn changes(&self) -> usize {
        self.plan.changes()
    }

    /// Stages all entries. `AlreadyExists` if an id occurs twice.
    pub(super) async fn stage_all(&mut self, progress: &Progress) -> Result<(), RepositoryError> {
        let mut done = 0;
        for (which, rows) in pieces(self.import.entries.len()) {
            let positions: Vec<usize> = (done..done + rows).collect();
            self.stage(which, &positions).await?;
            for _ in 0..rows {
                done += 1;
                progress(done);
            }
        }
        Ok(())
    }

    /// Finds the entries whose models have changed since the last comparison of all entries, at
    /// most [`MOST_STALE`] of them.
    pub(super) async fn find_stale(&mut self) -> Result<Vec<usize>, RepositoryError> {
        let values = vec![column(&self.import.scope).into(), self.compared_at.0.into()];
        self.find_positions(FIND_STALE_SINCE, values).await
    }

    /// Whether another change of a staged model was committed after the last comparison of all
    /// entries, up to this revision.
    pub(super) async fn is_changed(&mut self, up_to: Revision) -> Result<bool, RepositoryError> {
        let values = vec![
            self.compared_at.0.into(),
            up_to.0.into(),
            self.organization_id().into(),
        ];
        let changed = self.find_positions(FIND_CHANGED, values).await?;
        Ok(!changed.is_empty())
    }

    async fn find_positions(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<usize>, RepositoryError> {
        let rows: Vec<(i64,)> = self.connection.fetch(sql, values).await?;
        let positions = rows
            .into_iter()
            .map(|(position,)| usize::try_from(position));
        positions
            .collect::<Result<_, _>>()
            .map_err(|error| RepositoryError::Failed(error.into()))
    }

    /// Stages these entries again.
    pub(super) async fn stage_again(
        &mut self,
        mut positions: &[usize],
    ) -> Result<(), RepositoryError> {
        for position in positions {
            let position = number(*position);
            self.connection
                .execute(UNSTAGE, vec![position.into()])
                .await?;
        }
        (self.is_ranked, self.is_arranged) = (false, false);
        for (which, rows) in pieces(positions.len()) {
            let (these, rest) = positions.split_at(rows);
            self.stage(which, these).await?;
            positions = rest;
        }
        Ok(())
    }

    /// Compares all entries and stages the stale ones again, until few are left. Returns whether
    /// the last comparison found any.
    pub(super) async fn refresh(&mut self) -> Result<bool, RepositoryError> {
        loop {
            self.compared_at = self.connection.newest_revision().await?;
            let values = vec![column(&self.import.scope).into()];
            let stale = self.find_positions(FIND_STALE, values).await?;
            self.stage_again(&stale).await?;
            if stale.len() < MOST_STALE {
                return Ok(!stale.is_empty());
            }
        }
    }

    /// Prepares the rows for writing.
    pub(super) async fn arrange(&mut self) -> Result<(), RepositoryError> {
        if !self.is_ranked {
            self.connection.execute(RANK, vec![]).await?;
            self.is_ranked = true;
        }
        if !self.is_arranged {
            self.connection.execute(CLEAR_ARRANGED, vec![]).await?;
            let values = vec![
                column(&self.import.scope).into(),
                self.organization_id().into(),
            ];
            self.connection.execute(ARRANGE, values).await?;
            self.is_arranged = true;
        }
        Ok(())
    }

    /// Copies these rows of `arranged_models` to `models`.
    pub(super) async fn write_models(&mut self, rows: Span) -> Result<(), RepositoryError> {
        let values = vec![rows.after.into(), rows.up_to.into()];
        self.connection.execute(WRITE, values).await
    }

    /// Appends the events of the changes with these ranks.
    pub(super) async fn record(
        &mut self,
        ranks: Span,
        numbering: &Numbering,
        origin: &Origin,
    ) -> Result<(), RepositoryError> {
        let context = context::write(&origin.context)
            .map_err(|error| RepositoryError::Failed(error.into()))?;
        let values = vec![
            ranks.after.into(),
            ranks.up_to.into(),
            numbering.passed.into(),
            numbering.before.0.into(),
            (numbering.before.0 + self.all().up_to).into(),
            i64::from(origin.at).into(),
            origin.actor.to_string().as_str().into(),
            self.organization_id().into(),
            context.as_deref().into(),
        ];
        self.connection.execute(RECORD, values).await
    }

    /// Commits the transaction, in which all changes have been written.
    pub(super) async fn commit(&mut self, turn: Turn) -> Result<(), RepositoryError> {
        // An organization may have been deleted or renamed since its import began. Its name is the
        // owner of models, and the staged rows have the old one.
        let name = organization_name(&mut self.connection, self.import).await?;
        if name != self.organization_name {
            let reason = "the organization was renamed during the import; repeat the import";
            return Err(RepositoryError::Failed(reason.into()));
        }
        let last = Revision(turn.revision_before().0 + self.all().up_to);
        // The raise comes last, because it locks the nodes' rows and no node can renew its lease
        // meanwhile.
        self.connection.raise_level(&turn, self.level).await?;
        self.connection.commit(turn, last, self.takes_away).await
    }

    /// The range of all changes.
    pub(super) fn all(&self) -> Span {
        Span {
            after: 0,
            up_to: number(self.changes()),
        }
    }

    fn organization_id(&self) -> Option<&'a str> {
        self.import
            .scope
            .organization_id()
            .map(OrganizationId::as_str)
    }

    /// Stages these entries with the statement for their number.
    async fn stage(&mut self, which: usize, positions: &[usize]) -> Result<(), RepositoryError> {
        let existing = self.find(which, positions).await?;
        let mut values = Vec::with_capacity(positions.len() * STAGED);
        for position in positions {
            let entry = &self.import.entries[*position];
            let before = existing.get(&*entry.id);
            let after = entry.resolve(before, self.import, self.at);
            let (step, change) = PlannedStep::between(before, &after);
            self.plan.set(*position, step);
            if let Some(change) = &change {
                self.level = self.level.max(change.level());
                self.takes_away |= change.takes_away();
            }
            let rank = number(self.changes());
            values.extend([number(*position).into(), rank.into()]);
            values.extend(staged_row(before, &after, change.as_ref())?);
        }
        self.connection.execute(&STAGE[which], values).await
    }

    /// Finds the stored models of these entries.
    async fn find(
        &mut self,
        which: usize,
        positions: &[usize],
    ) -> Result<HashMap<ModelId, Model>, RepositoryError> {
        let entries = &self.import.entries;
        let ids = positions.iter().map(|position| &entries[*position].id);
        let scope: Value = column(&self.import.scope).into();
        let values = std::iter::once(scope).chain(ids.map(|id| id.as_str().into()));
        let found = self
            .connection
            .fetch(&FIND[which], values.collect())
            .await?;
        Ok(models(found)?
            .into_iter()
            .map(|model| (model.id.clone(), model))
            .collect())
    }
}

/// Converts a number of entries, which fits because the entries are in memory.
fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The name of the scope's organization; `None` for public models. `Failed` if the organization does
/// not exist.
async fn organization_name<DB: Backend>(
    connection: &mut ImportConnection<DB>,
    import: &Import,
) -> Result<Option<String>, RepositoryError> {
    let Some(id) = import.scope.organization_id() else {
        return Ok(None);
    };
    let values = vec![id.as_str().into()];
    let found: Vec<(String,)> = connection.fetch(FIND_ORGANIZATION, values).await?;
    let Some((name,)) = found.into_iter().next() else {
        let reason = format!("there is no organization {id}");
        return Err(RepositoryError::Failed(reason.into()));
    };
    Ok(Some(name))
}
