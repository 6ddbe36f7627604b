//! The schema version, the catalog's level, and the required settings of a database.

use models_core::Level;
use sqlx::migrate::{Migrate, MigrateError, Migrator};

use crate::database::OpenError;

/// The number of the newest migration.
pub(crate) fn newest(migrator: &Migrator) -> i64 {
    migrator
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or(0)
}

/// Migrates the tables to the newest version. Fails for a database with a migration that this
/// program does not know.
pub(crate) async fn migrate<C: Migrate>(
    migrator: &Migrator,
    connection: &mut C,
) -> Result<(), OpenError> {
    match migrator.run_direct(None, connection, false).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(found)) => Err(OpenError::Newer {
            found,
            known: newest(migrator),
        }),
        Err(error) => Err(OpenError::Migrate(error)),
    }
}

/// Finds the catalog's level, and the version of the program that raised it.
pub(crate) const FIND_LEVEL: &str = "SELECT level, level_version FROM catalog";

/// Fails for a catalog of a level that this program does not support.
pub(crate) fn expect_level((level, version): (i64, String)) -> Result<(), OpenError> {
    let needed = Level(level);
    if needed <= Level::SUPPORTED {
        return Ok(());
    }
    Err(OpenError::Level { needed, version })
}

/// Fails for a setting without the required value.
pub(crate) fn expect(name: &'static str, expected: &str, found: &str) -> Result<(), OpenError> {
    if expected == found {
        return Ok(());
    }
    Err(OpenError::Setting {
        name,
        expected: expected.to_owned(),
        found: found.to_owned(),
    })
}
