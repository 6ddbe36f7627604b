//! What a change does to what an audience sees.

use super::audience::Audience;
use super::decision::{Entry, decide};
use crate::event::Change;
use crate::model::{Model, Scope};

/// What a change does to the view of an audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect<'a> {
    /// The view stays as it is.
    Nothing,
    /// The view shows this model in place of any other with its id. A public model changes nothing where the view shows
    /// the organization's own one.
    Put(&'a Model),
    /// The view no longer shows this model. Where it was the organization's own, a public one with the same id is shown
    /// again: a view that cannot tell whether there is one has to be rebuilt. A public model changes nothing where the
    /// view shows the organization's own one.
    Remove(&'a Model),
}

/// Which audiences' views a change can touch. The effect on all others is [`Effect::Nothing`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// None.
    Nobody,
    /// This one.
    One(Audience),
    /// All of them.
    Everybody,
}

/// What the change does to the view of the audience. Applying it to the view gives what [`list`](super::list) makes of
/// the catalog after the change.
#[must_use]
pub fn effect_on<'a>(change: &'a Change, audience: &Audience) -> Effect<'a> {
    let (model, effect): (&Model, fn(&'a Model) -> Effect<'a>) = match change {
        Change::ModelCreated(model) | Change::ModelUpdated { after: model, .. } => {
            (model, Effect::Put)
        }
        Change::ModelDeleted(model) => (model, Effect::Remove),
        Change::OrganizationCreated(_)
        | Change::ApiKeyCreated(_)
        | Change::ApiKeyDeleted(_)
        | Change::LeaseUpdated { .. } => return Effect::Nothing,
    };
    // A model that the audience would not see if it were the only one with its id has no part in the view.
    match decide(audience, Entry::new(&[model])) {
        Ok(model) => effect(model),
        Err(_) => Effect::Nothing,
    }
}

/// Which audiences' views the change can touch.
#[must_use]
pub fn reach_of(change: &Change) -> Reach {
    match change.scope() {
        None => Reach::Nobody,
        Some(Scope::Organization(id)) => Reach::One(Audience::of_organization(id.clone())),
        Some(Scope::Public) => Reach::Everybody,
    }
}

#[cfg(test)]
mod tests;
