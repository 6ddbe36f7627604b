//! The report of an import.

use std::time::Duration;

use super::changed_fields::ChangedFields;
use crate::model::ModelId;

/// The models that an import changed, or that a dry run would change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// The created models, in the order of the entries.
    pub created: Vec<ModelId>,
    /// The updated models, in the order of the entries.
    pub updated: Vec<UpdatedModel>,
    /// The number of unchanged models.
    pub unchanged: usize,
    /// The unchanged models of a dry run, in the order of the entries; empty after a real import.
    pub left_alone: Vec<ModelId>,
    /// The time for which the import held the turn and delayed all other changes. Zero for a dry
    /// run and for an import without changes.
    pub turn: Duration,
}

/// A model that an import changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdatedModel {
    /// The id.
    pub id: ModelId,
    /// The changed fields.
    pub fields: ChangedFields,
}
