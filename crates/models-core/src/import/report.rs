//! What an import did.

use std::time::Duration;

use super::changed_fields::ChangedFields;
use crate::model::ModelId;

/// What an import changed, or what a dry run would change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// The models that did not exist, in the order of the entries.
    pub created: Vec<ModelId>,
    /// The models that differed, in the order of the entries.
    pub updated: Vec<UpdatedModel>,
    /// How many models were the same already.
    pub unchanged: usize,
    /// Of a dry run, these models, in the order of the entries; empty otherwise.
    pub left_alone: Vec<ModelId>,
    /// How long the import held the turn, and so kept every other change waiting. Zero for a dry run
    /// and for an import that changes nothing.
    pub turn: Duration,
}

/// A model that an import changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdatedModel {
    /// Its id.
    pub id: ModelId,
    /// What changed.
    pub fields: ChangedFields,
}
