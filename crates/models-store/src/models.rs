//! The table of models.

mod deleted;
pub(crate) mod import;
mod registered;
mod registration;
mod rows;

use async_trait::async_trait;
use models_core::{
    Actor, ApiKeyId, Attempt, Candidates, Change, Context, Credential, Deletion, DeletionRefusal,
    Import, ImportReport, KeyRejection, Model, ModelId, ModelRepository, OrganizationId, Origin,
    Principal, Progress, RepositoryError, Revision, Scope, Snapshot, Timestamp, visibility,
};

use self::deleted::find_deleted;
use self::rows::{CandidateRow, JoinedModel, KeyAndCandidateRow, column, model_columns, models};
use crate::catalog::{Backend, Mutation, SqlStore};
use crate::credentials::{CredentialRow, key_access};

macro_rules! select_models {
    ($rest:literal) => {
        concat!(
            "SELECT ",
            model_columns!(all, [", "] [*]),
            " FROM models ",
            $rest
        )
    };
}

const LIST: &str = select_models!("WHERE scope = $1 ORDER BY created, id");
const FIND: &str = select_models!("WHERE scope = $1 AND id = $2");
/// Returns the candidates, with the revisions of the newest changes of public models and of the
/// organization's own models, as of the same moment. The columns in the tables count every event
/// except the newest one, `e`.
const LIST_CANDIDATES: &str = concat!(
    "SELECT CASE WHEN e.is_of_model AND e.organization_id IS NULL THEN c.revision \
            ELSE c.public_models_revision END AS public_revision, \
        CASE WHEN e.is_of_model AND e.organization_id = $1 THEN c.revision \
            ELSE COALESCE((SELECT o.models_revision FROM organizations o WHERE o.id = $1), 0) END AS own_revision, ",
    model_columns!(all, [", "] ["m." * " AS model_" *]),
    " FROM catalog c \
        LEFT JOIN (SELECT revision, organization_id, \
            type IN ('model.created', 'model.updated', 'model.deleted') AS is_of_model FROM events) e \
            ON e.revision = c.revision \
        LEFT JOIN models m ON m.scope IN ('public', $1) ORDER BY m.created, m.id, m.scope"
);
/// Finds a key with its role, policies and suspension, and with the models of one id that its
/// organization may see.
const FIND_KEY_AND_CANDIDATES: &str = concat!(
    "SELECT ",
    key_access!(columns),
    ", ",
    model_columns!(all, [", "] ["m." * " AS model_" *]),
    " FROM ",
    key_access!(tables),
    " LEFT JOIN models m ON m.scope IN ('public', k.organization_id) AND m.id = $2 WHERE k.id = $1 ORDER BY m.scope"
);
const INSERT: &str = concat!(
    "INSERT INTO models (",
    model_columns!(all, [", "] [*]),
    ", organization_id) VALUES (",
    model_columns!(all, values),
    ", $6)"
);
const DELETE: &str = concat!(
    "DELETE FROM models WHERE scope = $1 AND id = $2 RETURNING ",
    model_columns!(all, [", "] [*])
);

#[async_trait]
impl<DB: Backend> ModelRepository for SqlStore<DB> {
    async fn list(&self, scope: &Scope) -> Result<Vec<Model>, RepositoryError> {
        models(self.read(LIST, vec![column(scope).into()]).await?)
    }

    async fn find(&self, scope: &Scope, id: &ModelId) -> Result<Option<Model>, RepositoryError> {
        let rows = self
            .read(FIND, vec![column(scope).into(), id.as_str().into()])
            .await?;
        models(rows).map(|models| models.into_iter().next())
    }

    async fn list_candidates(
        &self,
        organization_id: &OrganizationId,
    ) -> Result<Snapshot<Candidates>, RepositoryError> {
        let values = vec![organization_id.as_str().into()];
        let Snapshot { position, value } = self.read_at(LIST_CANDIDATES, values).await?;
        let rows: Vec<CandidateRow> = value;
        let revision = |of: fn(&CandidateRow) -> i64| Revision(rows.first().map_or(0, of));
        let public_revision = revision(|row| row.public_revision);
        let own_revision = revision(|row| row.own_revision);
        let value = Candidates {
            models: models(rows.into_iter().filter_map(|row| row.model.row()))?,
            public_revision,
            own_revision,
        };
        Ok(Snapshot { position, value })
    }

    async fn import(
        &self,
        import: Import,
        origin: Origin,
        progress: Progress,
    ) -> Result<ImportReport, RepositoryError> {
        let store = self.clone();
        self.run(async move { import::import(&store, import, &origin, &progress).await })
            .await
    }

    async fn delete_as(
        &self,
        key_id: &ApiKeyId,
        id: &ModelId,
        at: Timestamp,
        attempt: Attempt,
        context: Context,
    ) -> Result<Deletion, RepositoryError> {
        let (store, key_id, id) = (self.clone(), key_id.clone(), id.clone());
        self.run(async move {
            let origin = Origin {
                actor: Actor::ApiKey(key_id.clone()),
                at,
                context,
            };
            let mut mutation = Mutation::begin(&store, origin).await?;
            let deletion = delete_as(&mut mutation, &key_id, &id, attempt).await?;
            match &deletion {
                Deletion::Deleted { .. } | Deletion::Refused(_) => mutation.commit().await?,
                Deletion::Repeated { revision, .. } => mutation.repeat(*revision).await?,
            }
            Ok(deletion)
        })
        .await
    }

    async fn delete(
        &self,
        scope: &Scope,
        id: &ModelId,
        origin: Origin,
    ) -> Result<Option<Model>, RepositoryError> {
        let (store, scope, id) = (self.clone(), scope.clone(), id.clone());
        self.run(async move {
            let mut mutation = Mutation::begin(&store, origin).await?;
            let deleted = remove(&mut mutation, &scope, &id).await?;
            mutation.commit().await?;
            Ok(deleted)
        })
        .await
    }
}

/// Inserts the models of the import into an empty scope, within an open transaction.
pub(crate) async fn insert_all<DB: Backend>(
    mutation: &mut Mutation<DB>,
    import: &Import,
) -> Result<(), RepositoryError> {
    for entry in &import.entries {
        let model = entry.resolve(None, import, mutation.origin().at);
        insert(mutation, &model).await?;
    }
    Ok(())
}

async fn insert<DB: Backend>(
    mutation: &mut Mutation<DB>,
    model: &Model,
) -> Result<(), RepositoryError> {
    let values = vec![
        column(&model.scope).into(),
        model.id.as_str().into(),
        i64::from(model.created).into(),
        model.owned_by.as_str().into(),
        model.shutdown_date.map(String::from).as_deref().into(),
        model
            .scope
            .organization_id()
            .map(OrganizationId::as_str)
            .into(),
    ];
    mutation.execute(INSERT, values).await?;
    mutation.record(&Change::ModelCreated(model.clone())).await
}

async fn delete_as<DB: Backend>(
    mutation: &mut Mutation<DB>,
    key_id: &ApiKeyId,
    id: &ModelId,
    attempt: Attempt,
) -> Result<Deletion, RepositoryError> {
    let refusal = match find_deletable(mutation, key_id, id).await? {
        Ok(model) => match remove(mutation, &model.scope, id).await? {
            Some(model) => {
                let revision = mutation.revision();
                return Ok(Deletion::Deleted { model, revision });
            }
            None => DeletionRefusal::NotFound,
        },
        Err(refusal) => refusal,
    };
    let may_be_gone = matches!(refusal, DeletionRefusal::NotFound | DeletionRefusal::Public);
    let deleted = match attempt {
        Attempt::Repeated if may_be_gone => find_deleted(mutation, key_id, id).await?,
        Attempt::First | Attempt::Repeated => None,
    };
    Ok(match deleted {
        Some((model, revision)) => Deletion::Repeated { model, revision },
        None => Deletion::Refused(refusal),
    })
}

/// Finds the model that this key deletes with `id`. The key and the models are those of this
/// transaction.
async fn find_deletable<DB: Backend>(
    mutation: &mut Mutation<DB>,
    key_id: &ApiKeyId,
    id: &ModelId,
) -> Result<Result<Model, DeletionRefusal>, RepositoryError> {
    Ok(match find_key_and_candidates(mutation, key_id, id).await? {
        Ok((principal, candidates)) => {
            visibility::find_deletable(&principal, id, &candidates).cloned()
        }
        Err(KeyProblem::Rejected(rejection)) => Err(DeletionRefusal::Key(rejection)),
        Err(KeyProblem::IsAdminKey) => Err(DeletionRefusal::Permission),
    })
}

/// The reason why a key changes no model.
enum KeyProblem {
    Rejected(KeyRejection),
    IsAdminKey,
}

/// Finds the principal of this key, and the models with this id that its organization may see.
async fn find_key_and_candidates<DB: Backend>(
    mutation: &mut Mutation<DB>,
    key_id: &ApiKeyId,
    id: &ModelId,
) -> Result<Result<(Principal, Vec<Model>), KeyProblem>, RepositoryError> {
    let values = vec![key_id.as_str().into(), id.as_str().into()];
    let rows: Vec<KeyAndCandidateRow> = mutation.fetch(FIND_KEY_AND_CANDIDATES, values).await?;
    let (keys, candidates): (Vec<_>, Vec<_>) =
        rows.into_iter().map(|row| (row.key, row.model)).unzip();
    let access = match keys.into_iter().next().map(CredentialRow::credential) {
        Some(credential) => match credential? {
            Credential::ApiKey(access) => access,
            Credential::AdminApiKey(_) => return Ok(Err(KeyProblem::IsAdminKey)),
        },
        None => return Ok(Err(KeyProblem::Rejected(KeyRejection::Revoked))),
    };
    let principal = match access.principal(mutation.origin().at) {
        Ok(principal) => principal,
        Err(rejection) => return Ok(Err(KeyProblem::Rejected(rejection))),
    };
    let candidates = models(candidates.into_iter().filter_map(JoinedModel::row))?;
    Ok(Ok((principal, candidates)))
}

/// The model of exactly this scope, within an open transaction.
async fn find_in<DB: Backend>(
    mutation: &mut Mutation<DB>,
    scope: &Scope,
    id: &ModelId,
) -> Result<Option<Model>, RepositoryError> {
    let values = vec![column(scope).into(), id.as_str().into()];
    let rows = mutation.fetch(FIND, values).await?;
    models(rows).map(|models| models.into_iter().next())
}

async fn remove<DB: Backend>(
    mutation: &mut Mutation<DB>,
    scope: &Scope,
    id: &ModelId,
) -> Result<Option<Model>, RepositoryError> {
    let rows = mutation
        .fetch(DELETE, vec![column(scope).into(), id.as_str().into()])
        .await?;
    let deleted = models(rows)?.into_iter().next();
    if let Some(model) = &deleted {
        mutation
            .record(&Change::ModelDeleted(model.clone()))
            .await?;
    }
    Ok(deleted)
}
