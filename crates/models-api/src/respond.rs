//! Around the whole application: each request gets its id, each answer its headers, and each
//! failure, whoever raised it, the envelope. A panic in a handler is a 500; the process lives.

use std::panic::AssertUnwindSafe;

use actix_http::body::{BoxBody, MessageBody};
use actix_http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_http::{Request, Response, StatusCode};
use actix_service::{IntoServiceFactory, Service, ServiceFactory, apply_fn_factory};
use actix_web::Error;
use actix_web::dev::{AppConfig, ServiceResponse};
use futures_util::FutureExt;
use uuid::Uuid;

use crate::error::ApiError;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Puts the application behind this layer.
pub(crate) fn respond<F, S, B>(
    application: F,
) -> impl ServiceFactory<
    Request,
    Config = AppConfig,
    Response = Response<BoxBody>,
    Error = Error,
    InitError = (),
>
where
    F: IntoServiceFactory<S, Request>,
    S: ServiceFactory<
            Request,
            Config = AppConfig,
            Response = ServiceResponse<B>,
            Error = Error,
            InitError = (),
        >,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    apply_fn_factory(application, |request: Request, service: &S::Service| {
        let request_id = format!("req_{}", Uuid::now_v7().simple());
        let answering = AssertUnwindSafe(service.call(request)).catch_unwind();
        async move {
            let mut response = match answering.await {
                Ok(Ok(response)) => translate(response, &request_id),
                Ok(Err(error)) => fault(&error.to_string(), &request_id),
                Err(panic) => fault(panic_message(&*panic), &request_id),
            };
            finish(response.headers_mut(), &request_id);
            Ok(response)
        }
    })
}

/// An error that a handler, an extractor or the framework raised becomes the envelope.
fn translate<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
    request_id: &str,
) -> Response<BoxBody> {
    let status = response.status();
    if let Some(error) = response.response().error() {
        let error = match error.as_error::<ApiError>() {
            Some(error) => error.clone(),
            None => from_status(status),
        };
        log(&error, request_id);
        return error.response(request_id).into();
    }
    let (_, response) = response.into_parts();
    response.map_into_boxed_body().into()
}

fn from_status(status: StatusCode) -> ApiError {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::BodyTooLarge,
        StatusCode::REQUEST_TIMEOUT => ApiError::RequestTimeout,
        status if status.is_client_error() => {
            ApiError::BadRequest("The request cannot be understood.")
        }
        status => ApiError::Fault(format!("the framework answered {status}")),
    }
}

fn fault(reason: &str, request_id: &str) -> Response<BoxBody> {
    let error = ApiError::Fault(reason.to_owned());
    log(&error, request_id);
    error.response(request_id).into()
}

fn log(error: &ApiError, request_id: &str) {
    if let ApiError::Fault(reason) | ApiError::Overloaded(reason) = error {
        tracing::error!(request_id, reason, "a request failed");
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic")
}

fn finish(headers: &mut HeaderMap, request_id: &str) {
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(X_REQUEST_ID, value);
    }
}
