//! The programs of a run.

use std::path::{Path, PathBuf};

use super::options::Options;
use super::servers::cores::Cores;
use super::servers::nginx;
use crate::{build_for_production, system, target};

/// The programs, and the cores they run on.
pub struct Tools {
    pub service: PathBuf,
    pub anchors: PathBuf,
    /// Another build of the service, to compare with.
    pub beside: Option<PathBuf>,
    pub nginx: Option<&'static str>,
    pub cores: Cores,
}

impl Tools {
    /// Builds and finds the programs. It builds the packages one at a time, as for production:
    /// together, the features of one could reach the other.
    pub fn ready(options: &Options) -> Result<Self, String> {
        for package in ["models-api", "anchors"] {
            crate::run(&mut build_for_production(package))?;
        }
        system::need("wrk", "wrk")?;
        let programs = target()?.join("dist");
        Ok(Self {
            service: programs.join("models-api"),
            anchors: programs.join("anchors"),
            beside: options.beside.as_deref().map(absolute).transpose()?,
            nginx: nginx::find(),
            cores: Cores::here(),
        })
    }
}

fn absolute(path: &Path) -> Result<PathBuf, String> {
    let absolute = path.canonicalize();
    absolute.map_err(|error| format!("{}: {error}", path.display()))
}
