//! The options that set the fields of a model.

use clap::Args;
use models_core::{Entered, FieldUpdate, Name, NamedFields, ShutdownDate, Timestamp};

use crate::cli::time;

/// The fields of a new model.
#[derive(Args)]
pub(super) struct NewFields {
    /// The time of creation: a date in UTC, or a date with a time and an offset. Without it, the present time.
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    created: Option<Timestamp>,
    /// The owner's display name. Without it, the name of the organization, or `system` for a public model.
    #[arg(long, value_name = "NAME")]
    owned_by: Option<Entered<Name>>,
    /// The day on which the service of the model ends.
    #[arg(long, value_name = "YYYY-MM-DD")]
    shutdown_date: Option<ShutdownDate>,
}

/// The fields to change.
#[derive(Args)]
#[group(required = true, multiple = true)]
pub(super) struct ChangedFields {
    /// The time of creation: a date in UTC, or a date with a time and an offset.
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    created: Option<Timestamp>,
    /// The owner's display name.
    #[arg(long, value_name = "NAME")]
    owned_by: Option<Entered<Name>>,
    /// The day on which the service of the model ends.
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "no_shutdown_date")]
    shutdown_date: Option<ShutdownDate>,
    /// Remove the day on which the service of the model ends.
    #[arg(long)]
    no_shutdown_date: bool,
}

impl From<NewFields> for NamedFields {
    fn from(fields: NewFields) -> Self {
        Self {
            created: fields.created,
            owned_by: fields.owned_by,
            shutdown_date: fields
                .shutdown_date
                .map_or(FieldUpdate::Keep, FieldUpdate::Set),
        }
    }
}

impl From<ChangedFields> for NamedFields {
    fn from(fields: ChangedFields) -> Self {
        Self {
            created: fields.created,
            owned_by: fields.owned_by,
            shutdown_date: match fields.shutdown_date {
                Some(date) => FieldUpdate::Set(date),
                None if fields.no_shutdown_date => FieldUpdate::Remove,
                None => FieldUpdate::Keep,
            },
        }
    }
}
