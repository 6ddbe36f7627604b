//! A server that responds with constant bytes: the cost of HTTP itself in actix-web.

use std::path::Path;

use actix_web::http::header::{CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse};

use crate::{Failure, listen};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// The validator, which the benchmark knows. Responses with a body do not contain it, as a header
/// would cost time.
const TAG: HeaderValue = HeaderValue::from_static("\"anchor\"");

#[derive(Clone, Copy)]
struct Bodies {
    list: &'static [u8],
    model: &'static [u8],
}

pub async fn serve(list_file: &Path, model_file: &Path) -> Result<(), Failure> {
    let bodies = Data::new(Bodies {
        list: constant(list_file)?,
        model: constant(model_file)?,
    });
    let application = move || {
        App::new()
            .app_data(bodies.clone())
            .route("/v1/models", web::get().to(list))
            .route("/v1/models/{id}", web::get().to(model))
            .route("/v1/models/{id}", web::delete().to(model))
    };
    Ok(listen(application)?.await?)
}

fn constant(file: &Path) -> std::io::Result<&'static [u8]> {
    Ok(Box::leak(std::fs::read(file)?.into_boxed_slice()))
}

async fn list(request: HttpRequest, bodies: Data<Bodies>) -> HttpResponse {
    if request.headers().get(IF_NONE_MATCH) == Some(&TAG) {
        return HttpResponse::NotModified()
            .insert_header((ETAG, TAG))
            .finish();
    }
    respond(bodies.list)
}

async fn model(bodies: Data<Bodies>) -> HttpResponse {
    respond(bodies.model)
}

fn respond(body: &'static [u8]) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, JSON))
        .body(Bytes::from_static(body))
}
