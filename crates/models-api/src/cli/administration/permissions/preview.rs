//! What a policy would show and hide of the present models.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use models_core::visibility::{Entry, decide};
use models_core::{Audience, Hidden, Model, ModelId, Policy, Scope};
use serde::Serialize;

use super::target::Subject;
use crate::cli::terminal::Failure;
use crate::store::Store;

/// What callers would see if a policy were in force.
#[derive(Serialize)]
pub(super) struct Preview {
    pub(super) shown: Vec<ModelId>,
    hidden: Vec<HiddenModel>,
    /// The entries that apply to no present model. Models of other organizations do not count.
    pub(super) unused: Vec<String>,
}

#[derive(Serialize)]
struct HiddenModel {
    id: ModelId,
    /// The policy that hides the model: `organization` or `project`.
    policy: &'static str,
}

impl Preview {
    pub(super) async fn read(
        subject: &Subject,
        policy: Arc<Policy>,
        store: &Store,
    ) -> Result<Self, Failure> {
        let id = &subject.organization.id;
        let mut models = store.models.list_candidates(id).await?.value.models;
        models.sort_by(|one, other| one.id.cmp(&other.id));
        let policies = subject.policies_with(policy.clone(), store).await?;
        let audience = Audience::new(id.clone(), policies);
        let concerned = models
            .iter()
            .filter(|model| !subject.is_of_public_models() || model.scope == Scope::Public);
        let ids: BTreeSet<&str> = concerned.map(|model| model.id.as_str()).collect();
        let unused = policy.unused(&ids);
        let mut preview = Self {
            shown: vec![],
            hidden: vec![],
            unused: unused.into_iter().map(str::to_owned).collect(),
        };
        for models in models.chunk_by(|one, other| one.id == other.id) {
            preview.add(&audience, models);
        }
        Ok(preview)
    }

    /// Adds the models with one id.
    fn add(&mut self, audience: &Audience, models: &[Model]) {
        let candidates: Vec<&Model> = models.iter().collect();
        let policy = match decide(audience, Entry::new(&candidates)) {
            Ok(model) => return self.shown.push(model.id.clone()),
            Err(Hidden::OrganizationPolicy) => "organization",
            Err(Hidden::ProjectPolicy) => "project",
            // The candidates are the public models and the organization's own.
            Err(Hidden::Missing | Hidden::AnotherOrganization) => return,
        };
        let ids = models.first().map(|model| model.id.clone());
        self.hidden.extend(ids.map(|id| HiddenModel { id, policy }));
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for id in &self.shown {
            let _ = writeln!(text, "show  {id}");
        }
        for HiddenModel { id, policy } in &self.hidden {
            let _ = writeln!(text, "hide  {id} (policy of the {policy})");
        }
        let _ = write!(
            text,
            "{} shown, {} hidden",
            self.shown.len(),
            self.hidden.len()
        );
        text
    }
}
