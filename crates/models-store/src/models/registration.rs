//! Registers and updates single models.

use async_trait::async_trait;
use models_core::{
    Actor, Attempt, Change, Condition, Model, ModelId, Name, NamedFields, OrganizationId, Origin,
    Principal, Registered, Registrant, Registration, RegistrationRefusal, RegistrationRepository,
    RepositoryError, RequestedId, Scope, Slug, visibility,
};

use super::registered::find_minted;
use super::rows::{ModelRow, column, model_columns};
use super::{KeyProblem, find_in, find_key_and_candidates, insert};
use crate::catalog::{Backend, Mutation, SqlStore};
use crate::database::damaged;

const FIND_ORGANIZATION: &str =
    "SELECT slug, name FROM organizations WHERE id = $1 AND deleted_at IS NULL";
const FIND_CANDIDATES: &str = concat!(
    "SELECT ",
    model_columns!(all, [", "] [*]),
    " FROM models WHERE scope IN ('public', $1) AND id = $2 ORDER BY scope"
);
const UPDATE: &str = "UPDATE models SET created = $3, owned_by = $4, shutdown_date = $5 WHERE scope = $1 AND id = $2";

/// The result of a registration or an update.
type Outcome = Result<Result<Registered, RegistrationRefusal>, RepositoryError>;

#[async_trait]
impl<DB: Backend> RegistrationRepository for SqlStore<DB> {
    async fn register(
        &self,
        registrant: Registrant,
        registration: Registration,
        attempt: Attempt,
        origin: Origin,
    ) -> Outcome {
        let store = self.clone();
        self.run(async move {
            let mut mutation = Mutation::begin(&store, origin).await?;
            let outcome = register(&mut mutation, &registrant, registration, attempt).await?;
            mutation.commit().await?;
            Ok(outcome)
        })
        .await
    }

    async fn update(
        &self,
        registrant: Registrant,
        id: ModelId,
        fields: NamedFields,
        condition: Option<Condition>,
        origin: Origin,
    ) -> Outcome {
        let store = self.clone();
        self.run(async move {
            let mut mutation = Mutation::begin(&store, origin).await?;
            let outcome = update(&mut mutation, &registrant, &id, &fields, condition).await?;
            mutation.commit().await?;
            Ok(outcome)
        })
        .await
    }
}

async fn register<DB: Backend>(
    mutation: &mut Mutation<DB>,
    registrant: &Registrant,
    registration: Registration,
    attempt: Attempt,
) -> Outcome {
    let Registration { id, fields } = registration;
    let id = match id {
        RequestedId::Named(id) => id.into_inner(),
        RequestedId::Minted(mint) => {
            let base = &mint.base_model;
            let seen = match registrant {
                Registrant::Key => match read(mutation, base).await? {
                    Ok((principal, candidates)) => {
                        let audience = (&principal).into();
                        let seen = visibility::find(&audience, base, &candidates).is_some();
                        seen.then(|| Scope::Organization(principal.organization_id.clone()))
                    }
                    Err(refusal) => return Ok(Err(refusal)),
                },
                Registrant::Operator { scope, .. } => {
                    let values = vec![column(scope).into(), base.as_str().into()];
                    let rows: Vec<ModelRow> = mutation.fetch(FIND_CANDIDATES, values).await?;
                    (!rows.is_empty()).then(|| scope.clone())
                }
            };
            let Some(scope) = seen else {
                return Ok(Err(RegistrationRefusal::NotFound(mint.base_model)));
            };
            let Some(organization_id) = scope.organization_id() else {
                return Ok(Err(RegistrationRefusal::Permission));
            };
            let (slug, _) = organization(mutation, organization_id).await?;
            if attempt == Attempt::Repeated {
                let minted = find_minted(mutation, &scope, &mint.prefix(&slug), &fields).await?;
                if let Some((model, revision)) = minted {
                    return Ok(Ok(Registered::Unchanged { model, revision }));
                }
            }
            match mint.id(&slug) {
                Ok(id) => id,
                Err(_) => return Ok(Err(RegistrationRefusal::TooLong)),
            }
        }
    };
    let (scope, existing) = match registrant {
        Registrant::Key => match read(mutation, &id).await? {
            Ok((principal, candidates)) => {
                match visibility::find_registered(&principal, &id, &candidates) {
                    Ok(existing) => (
                        Scope::Organization(principal.organization_id),
                        existing.cloned(),
                    ),
                    Err(refusal) => return Ok(Err(refusal)),
                }
            }
            Err(refusal) => return Ok(Err(refusal)),
        },
        Registrant::Operator { scope, .. } => (scope.clone(), find_in(mutation, scope, &id).await?),
    };
    if let Some(model) = existing {
        if fields.update(&model) == model {
            let revision = mutation.revision();
            return Ok(Ok(Registered::Unchanged { model, revision }));
        }
        return Ok(Err(RegistrationRefusal::Different(id)));
    }
    let owner = match (registrant, scope.organization_id()) {
        (_, Some(organization_id)) => organization(mutation, organization_id).await?.1,
        (Registrant::Operator { default_owner, .. }, None) => default_owner.clone(),
        (Registrant::Key, None) => return Ok(Err(RegistrationRefusal::Permission)),
    };
    let model = fields.create(id, scope, owner, mutation.origin().at);
    insert(mutation, &model).await?;
    let revision = mutation.revision();
    Ok(Ok(Registered::Created { model, revision }))
}

async fn update<DB: Backend>(
    mutation: &mut Mutation<DB>,
    registrant: &Registrant,
    id: &ModelId,
    fields: &NamedFields,
    condition: Option<Condition>,
) -> Outcome {
    let before = match registrant {
        Registrant::Key => match read(mutation, id).await? {
            Ok((principal, candidates)) => {
                visibility::find_updatable(&principal, id, &candidates).cloned()
            }
            Err(refusal) => Err(refusal),
        },
        Registrant::Operator { scope, .. } => {
            let model = find_in(mutation, scope, id).await?;
            model.ok_or_else(|| RegistrationRefusal::NotFound(id.clone()))
        }
    };
    let before = match before {
        Ok(before) => before,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if condition.is_some_and(|condition| !condition(&before)) {
        return Ok(Err(RegistrationRefusal::Condition));
    }
    let after = fields.update(&before);
    if after == before {
        let revision = mutation.revision();
        let model = before;
        return Ok(Ok(Registered::Unchanged { model, revision }));
    }
    let values = vec![
        column(&after.scope).into(),
        after.id.as_str().into(),
        i64::from(after.created).into(),
        after.owned_by.as_str().into(),
        after.shutdown_date.map(String::from).as_deref().into(),
    ];
    mutation.execute(UPDATE, values).await?;
    let model = after.clone();
    let change = Change::ModelUpdated { before, after };
    mutation.record(&change).await?;
    let revision = mutation.revision();
    Ok(Ok(Registered::Updated { model, revision }))
}

/// Finds the principal of the actor's key, and the models with this id that its organization may see.
async fn read<DB: Backend>(
    mutation: &mut Mutation<DB>,
    id: &ModelId,
) -> Result<Result<(Principal, Vec<Model>), RegistrationRefusal>, RepositoryError> {
    let Actor::ApiKey(key_id) = mutation.origin().actor.clone() else {
        return Ok(Err(RegistrationRefusal::Permission));
    };
    let found = find_key_and_candidates(mutation, &key_id, id).await?;
    Ok(found.map_err(|problem| match problem {
        KeyProblem::Rejected(rejection) => RegistrationRefusal::Key(rejection),
        KeyProblem::IsAdminKey => RegistrationRefusal::Permission,
    }))
}

/// The slug and the name of an organization.
async fn organization<DB: Backend>(
    mutation: &mut Mutation<DB>,
    id: &OrganizationId,
) -> Result<(Slug, Name), RepositoryError> {
    let values = vec![id.as_str().into()];
    let rows: Vec<(String, String)> = mutation.fetch(FIND_ORGANIZATION, values).await?;
    let (slug, name) = rows
        .into_iter()
        .next()
        .ok_or_else(|| RepositoryError::Failed("the organization is deleted".into()))?;
    let parsed = (|| Ok((slug.try_into()?, name.try_into()?)))();
    parsed.map_err(|error: models_core::Invalid| damaged("organizations", error))
}
