//! Inserts many tenants in one transaction, because the command line creates one organization a
//! call.

use std::path::Path;

use models_core::{ApiKeyId, OrganizationId, ProjectId, Secret};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use uuid::Uuid;

use crate::Failure;

/// 2025-01-01T00:00:00Z.
const CREATED: i64 = 1_735_689_600;

const ORGANIZATION: &str =
    "INSERT INTO organizations (id, slug, name, created_at) VALUES ($1, $2, $2, $3)";
const PROJECT: &str = "INSERT INTO projects (id, organization_id, name, is_default, created_at) \
    VALUES ($1, $2, 'Default project', 1, $3)";
const KEY: &str = "INSERT INTO api_keys \
    (id, organization_id, project_id, name, role, digest, redacted_value, created_at) \
    VALUES ($1, $2, $3, 'bench', 'reader', $4, $5, $6)";
const MODEL: &str = "INSERT INTO models (scope, id, organization_id, created, owned_by) \
    VALUES ($1, $2, $1, $3, $4)";

pub async fn seed(
    database: &Path,
    tenants: u32,
    own_models: u32,
    keys: &Path,
) -> Result<(), Failure> {
    let options = SqliteConnectOptions::new().filename(database);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut lines = String::new();
    for number in 0..tenants {
        lines += insert(&mut transaction, number, own_models).await?.expose();
        lines.push('\n');
    }
    transaction.commit().await?;
    connection.close().await?;
    Ok(std::fs::write(keys, lines)?)
}

/// Inserts one tenant and returns its key.
async fn insert(
    connection: &mut SqliteConnection,
    number: u32,
    own_models: u32,
) -> sqlx::Result<Secret> {
    // The id starts with a time, as in UUID version 7, and ends with the tenant's number, so it is
    // the same in each run.
    let uuid = Uuid::from_u128(0x0194_1f29_7c00_7000_8000 << 48 | u128::from(number));
    let organization = OrganizationId::from_uuid(uuid);
    let project = ProjectId::from_uuid(uuid);
    let slug = format!("tenant-{number:06}");
    let secret = secret(number);
    sqlx::query(ORGANIZATION)
        .bind(organization.as_str())
        .bind(&slug)
        .bind(CREATED)
        .execute(&mut *connection)
        .await?;
    sqlx::query(PROJECT)
        .bind(project.as_str())
        .bind(organization.as_str())
        .bind(CREATED)
        .execute(&mut *connection)
        .await?;
    sqlx::query(KEY)
        .bind(ApiKeyId::from_uuid(uuid).as_str())
        .bind(organization.as_str())
        .bind(project.as_str())
        .bind(secret.digest().to_hex())
        .bind(secret.redacted())
        .bind(CREATED)
        .execute(&mut *connection)
        .await?;
    for own in 0..own_models {
        sqlx::query(MODEL)
            .bind(organization.as_str())
            .bind(format!(
                "ft:gpt-4o-mini-2024-07-18:{slug}:own-{own}:AbCdEf12"
            ))
            .bind(CREATED + i64::from(own))
            .bind(&slug)
            .execute(&mut *connection)
            .await?;
    }
    Ok(secret)
}

/// The key of a tenant, which is the same in each run. No database outside the benchmark has it.
fn secret(number: u32) -> Secret {
    let mut random = [0x5a; 32];
    for (index, byte) in random.iter_mut().enumerate() {
        *byte ^= number.to_be_bytes()[index % 4];
    }
    Secret::from_random(random)
}
