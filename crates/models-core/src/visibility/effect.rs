//! The effect of a change on an audience's view.

use super::audience::Audience;
use super::decision::{Entry, decide};
use crate::event::Change;
use crate::model::{Model, Scope};
use crate::organization::OrganizationId;

/// The effect of a change on the view of an audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect<'a> {
    /// The view stays as it is.
    Nothing,
    /// The view shows this model in place of any other with its id. If the view shows the
    /// organization's own model under this id, a public model changes nothing.
    Put(&'a Model),
    /// The view no longer shows this model.
    ///
    /// After the removal of the organization's own model, the view shows a public model with the
    /// same id again. A view that cannot tell whether there is one must be rebuilt. If the view
    /// shows the organization's own model, the removal of a public one changes nothing.
    Remove(&'a Model),
    /// Many own models of the organization have changed. The view must be rebuilt.
    Rebuild,
}

/// The audiences whose views a change can touch. The effect on all others is [`Effect::Nothing`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// No audience.
    Nobody,
    /// The audiences of this organization.
    Organization(OrganizationId),
    /// All audiences.
    Everybody,
}

/// The effect of the change on the view of the audience. Applied to the view, it gives the result
/// of [`list`](super::list) after the change.
#[must_use]
pub fn effect_on<'a>(change: &'a Change, audience: &Audience) -> Effect<'a> {
    let (model, effect): (&Model, fn(&'a Model) -> Effect<'a>) = match change {
        Change::ModelCreated(model) | Change::ModelUpdated { after: model, .. } => {
            (model, Effect::Put)
        }
        Change::ModelDeleted(model) => (model, Effect::Remove),
        Change::OrganizationDeleted { .. } | Change::OrganizationUpdated { .. } => {
            return match reach_of(change) {
                Reach::Organization(id) if id == *audience.organization_id() => Effect::Rebuild,
                Reach::Organization(_) | Reach::Nobody | Reach::Everybody => Effect::Nothing,
            };
        }
        // An audience has its policies, so a change of a policy moves callers to another audience.
        Change::OrganizationCreated(_)
        | Change::ProjectCreated { .. }
        | Change::ProjectUpdated { .. }
        | Change::ProjectArchived { .. }
        | Change::ModelPermissionsUpdated { .. }
        | Change::ServiceAccountCreated(_)
        | Change::ServiceAccountUpdated { .. }
        | Change::ServiceAccountDeleted(_)
        | Change::ApiKeyCreated(_)
        | Change::ApiKeyUpdated { .. }
        | Change::ApiKeyDeleted(_)
        | Change::AdminApiKeyCreated(_)
        | Change::AdminApiKeyDeleted(_)
        | Change::LeaseUpdated { .. }
        | Change::AuditPruned { .. } => return Effect::Nothing,
    };
    // A model that the audience would not see even without others of its id has no part in the
    // view.
    match decide(audience, Entry::new(&[model])) {
        Ok(model) => effect(model),
        Err(_) => Effect::Nothing,
    }
}

/// The audiences whose views the change can touch.
#[must_use]
pub fn reach_of(change: &Change) -> Reach {
    if let Change::OrganizationDeleted { organization, .. } = change {
        return Reach::Organization(organization.id.clone());
    }
    // Models that have no other owner follow the name.
    if let Change::OrganizationUpdated { id, before, after } = change
        && before.name != after.name
    {
        return Reach::Organization(id.clone());
    }
    match change.scope() {
        None => Reach::Nobody,
        Some(Scope::Organization(id)) => Reach::Organization(id.clone()),
        Some(Scope::Public) => Reach::Everybody,
    }
}

#[cfg(test)]
mod tests;
