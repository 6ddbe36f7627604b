//! The tables' version, the catalog's level, and the settings of a database.

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

/// Brings the tables to the newest version, and refuses a database that has had a migration unknown
/// to this program.
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

/// Which level the catalog is at, and the version of the program that raised it.
pub(crate) const FIND_LEVEL: &str = "SELECT level, level_version FROM catalog";

/// Refuses a catalog of a level that this program does not support.
pub(crate) fn expect_level((level, version): (i64, String)) -> Result<(), OpenError> {
    let needed = Level(level);
    if needed <= Level::SUPPORTED {
        return Ok(());
    }
    Err(OpenError::Level { needed, version })
}

/// Refuses a setting that is not what it must be.
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
