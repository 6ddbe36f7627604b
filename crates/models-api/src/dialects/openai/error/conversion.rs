//! Conversions from errors of the store, and to errors of the framework.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use models_core::RepositoryError;

use super::ApiError;

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.row().status
    }

    /// Returns a placeholder that carries the error to the middleware, which knows the request's id.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

impl From<RepositoryError> for ApiError {
    fn from(error: RepositoryError) -> Self {
        let reason = error.to_string();
        match error {
            error if error.is_in_doubt() => Self::InDoubt(reason),
            RepositoryError::Unavailable(_)
            | RepositoryError::Outdated { .. }
            | RepositoryError::OlderNodes(_) => Self::Overloaded(reason),
            RepositoryError::AlreadyExists | RepositoryError::Failed(_) => Self::Fault(reason),
        }
    }
}
