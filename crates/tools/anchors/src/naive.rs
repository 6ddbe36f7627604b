//! A server that reads the key and the models from the database on each request: the cost of the
//! simplest service.

use std::path::Path;

use actix_web::error::{ErrorInternalServerError, ErrorNotFound, ErrorUnauthorized};
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{self, Data};
use actix_web::{App, HttpRequest, HttpResponse};
use models_core::Secret;
use serde::Serialize;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx_macros::FromRow;

use crate::{Failure, listen};

const KEY: &str = "SELECT organization_id FROM api_keys WHERE digest = $1 AND revoked_at IS NULL";
const LIST: &str = "SELECT id, created, owned_by, shutdown_date FROM models \
    WHERE scope IN ('public', $1) ORDER BY created, id";
const FIND: &str = "SELECT id, created, owned_by, shutdown_date FROM models \
    WHERE scope IN ('public', $1) AND id = $2";

#[derive(FromRow, Serialize)]
struct Model {
    id: String,
    #[sqlx(skip)]
    object: ModelWord,
    created: i64,
    owned_by: String,
    shutdown_date: Option<String>,
}

/// The constant field of every model.
#[derive(Default, Serialize)]
#[serde(rename_all = "lowercase")]
enum ModelWord {
    #[default]
    Model,
}

#[derive(Serialize)]
struct List {
    object: &'static str,
    data: Vec<Model>,
}

pub async fn serve(database: &Path) -> Result<(), Failure> {
    let options = SqliteConnectOptions::new()
        .filename(database)
        .read_only(true);
    let pool = SqlitePoolOptions::new()
        .max_connections(8)
        .connect_with(options)
        .await?;
    let pool = Data::new(pool);
    let application = move || {
        App::new()
            .app_data(pool.clone())
            .route("/v1/models", web::get().to(list))
            .route("/v1/models/{id}", web::get().to(retrieve))
    };
    Ok(listen(application)?.await?)
}

async fn list(request: HttpRequest, pool: Data<SqlitePool>) -> actix_web::Result<HttpResponse> {
    let organization = organization(&request, &pool).await?;
    let data = sqlx::query_as(LIST).bind(organization);
    let data = data
        .fetch_all(pool.get_ref())
        .await
        .map_err(ErrorInternalServerError)?;
    Ok(HttpResponse::Ok().json(List {
        object: "list",
        data,
    }))
}

async fn retrieve(
    request: HttpRequest,
    id: web::Path<String>,
    pool: Data<SqlitePool>,
) -> actix_web::Result<HttpResponse> {
    let organization = organization(&request, &pool).await?;
    let query = sqlx::query_as(FIND).bind(organization).bind(id.as_str());
    let found: Option<Model> = query
        .fetch_optional(pool.get_ref())
        .await
        .map_err(ErrorInternalServerError)?;
    let model = found.ok_or_else(|| ErrorNotFound("no such model"))?;
    Ok(HttpResponse::Ok().json(model))
}

async fn organization(request: &HttpRequest, pool: &SqlitePool) -> actix_web::Result<String> {
    let refused = || ErrorUnauthorized("no such key");
    let header = request.headers().get(AUTHORIZATION);
    let text = header.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let secret = Secret::parse(text.ok_or_else(refused)?).map_err(|_| refused())?;
    let query = sqlx::query_scalar(KEY).bind(secret.digest().to_hex());
    let found = query
        .fetch_optional(pool)
        .await
        .map_err(ErrorInternalServerError)?;
    found.ok_or_else(refused)
}
