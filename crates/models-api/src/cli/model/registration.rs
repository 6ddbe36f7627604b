//! The texts of refused registrations and updates.

use models_core::RegistrationRefusal;

use crate::cli::terminal::Failure;

/// The error of a refused change. `missing` is the text if a model does not exist.
pub(super) fn refused(refusal: RegistrationRefusal, missing: impl FnOnce() -> String) -> Failure {
    match refusal {
        RegistrationRefusal::Key(_) => "the key that makes the change is not valid".into(),
        RegistrationRefusal::Permission => {
            "only a model of an organization can get a new id; add --organization SLUG".into()
        }
        RegistrationRefusal::Denied(id) => format!("a policy denies the id `{id}`").into(),
        RegistrationRefusal::Public(id) => format!("a public model has the id `{id}`").into(),
        RegistrationRefusal::Different(id) => format!(
            "the model `{id}` exists with other fields; `models-api model update` changes them"
        )
        .into(),
        RegistrationRefusal::NotFound(_) => missing().into(),
        RegistrationRefusal::TooLong => {
            "the id would be longer than 256 bytes; choose a shorter --suffix".into()
        }
        RegistrationRefusal::Condition => "the model has changed meanwhile".into(),
    }
}
