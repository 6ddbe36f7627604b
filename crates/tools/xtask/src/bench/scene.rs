//! A catalog, the service on it, and the reference servers with exactly its response bytes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::catalog::Catalog;
use super::cells::{Beside, Cell, Contents, LIST, Readers, model_path};
use super::contender::{Callers, Contender};
use super::load;
use super::load::aside::{self, Aside, Stream};
use super::names::{BARE, OTHER, SERVICE};
use super::options::Options;
use super::report::Table;
use super::servers::http::bearer;
use super::servers::nginx;
use super::servers::server::Server;
use super::tools::Tools;

const NAIVE: &str = "actix-web, SQLite on each request";

pub struct Scene<'a> {
    tools: &'a Tools,
    // The servers are dropped, and so stopped, before their directory is removed.
    servers: Vec<Server>,
    catalog_key: String,
    owner_key: String,
    keys: Vec<String>,
    restricted_key: Option<String>,
    deletions: Stream,
    strangers: Stream,
    /// The time from the start of the service's process to its first response.
    first_response: Duration,
    directory: TempDir,
}

impl<'a> Scene<'a> {
    pub fn start(tools: &'a Tools, options: &Options, contents: Contents) -> Result<Self, String> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        load::write_scripts(directory.path())?;
        let deletable = aside::needed(options.rounds, options.seconds);
        let catalog = Catalog::make(tools, directory.path(), contents, deletable)?;
        let (servers, first_response) = servers(tools, &catalog, contents, directory.path())?;
        Ok(Self {
            tools,
            servers,
            first_response,
            deletions: Stream::new(Aside::Deletions(catalog.owner_key.clone())),
            strangers: Stream::new(Aside::Lists(catalog.keys.clone())),
            catalog_key: catalog.key,
            owner_key: catalog.owner_key,
            keys: catalog.keys,
            restricted_key: catalog.restricted_key,
            directory,
        })
    }

    /// Measures the cells in turn. Each round measures all servers of a cell one after another.
    pub fn measure(&self, cells: &[Cell], options: &Options) -> Result<Vec<Table>, String> {
        let mut tables = vec![];
        for cell in cells {
            tables.push(self.contenders(cell)?);
        }
        for round in 0..options.rounds {
            eprintln!(
                "{} models, {} tenants: round {} of {}",
                cells[0].contents.models,
                cells[0].contents.tenants,
                round + 1,
                options.rounds
            );
            for (table, contenders) in &mut tables {
                let first = round % contenders.len();
                for offset in 0..contenders.len() {
                    let place = (first + offset) % contenders.len();
                    let sample = contenders[place].sample(
                        self.tools.cores,
                        options.seconds,
                        self.directory.path(),
                    )?;
                    table.rows[place].samples.push(sample);
                }
            }
        }
        Ok(tables.into_iter().map(|(table, _)| table).collect())
    }

    /// Returns an empty table and the servers that support the cell's requests.
    fn contenders<'b>(&'b self, cell: &'b Cell) -> Result<(Table, Vec<Contender<'b>>), String> {
        let mut table = Table::new(cell.name, self.first_response);
        let mut contenders = vec![];
        let key = match cell.readers {
            Readers::One => &self.catalog_key,
            Readers::Many => self.keys.first().unwrap_or(&self.catalog_key),
            Readers::Writer => &self.owner_key,
            Readers::Restricted => self.restricted_key.as_ref().ok_or("there is no policy")?,
        };
        let stream = match cell.beside {
            Beside::Nothing => None,
            Beside::Deletions => Some(&self.deletions),
            Beside::Strangers => Some(&self.strangers),
        };
        for server in &self.servers {
            let callers = Callers {
                key,
                plain: &self.catalog_key,
                keys: &self.keys,
            };
            let made = Contender::make(server, cell, callers, stream, self.directory.path());
            match made {
                Ok((contender, row)) => {
                    contenders.push(contender);
                    table.rows.push(row);
                }
                Err(why) if [SERVICE, BARE].contains(&server.name) => {
                    return Err(format!("{}: {}: {why}", cell.name, server.name));
                }
                Err(why) => table.left_out.push(format!("{}: {why}", server.name)),
            }
        }
        Ok((table, contenders))
    }
}

fn servers(
    tools: &Tools,
    catalog: &Catalog,
    contents: Contents,
    directory: &Path,
) -> Result<(Vec<Server>, Duration), String> {
    let serve = |program: &Path, directory: &Path, name| {
        let mut command = Catalog::service_in(directory, tools.cores.server(program));
        command.arg("serve");
        if let Some(views_mib) = contents.views_mib {
            command.env("MODELS__CACHE__VIEWS_MIB", views_mib.to_string());
        }
        Server::start(name, command, &directory.join("models.log"), logged_address)
    };
    let other = match &tools.beside {
        Some(program) => {
            let directory = copy(catalog, directory)?;
            Some(serve(program, &directory, OTHER)?)
        }
        None => None,
    };
    let service = serve(&tools.service, directory, SERVICE)?;
    save(&service, catalog, LIST, &directory.join("list.json"))?;
    let first_response = service.age();
    let model = save(
        &service,
        catalog,
        &model_path(),
        &directory.join("model.json"),
    )?;

    let mut bare = tools.cores.server(&tools.anchors);
    bare.arg("bare")
        .arg("--list")
        .arg(directory.join("list.json"));
    bare.arg("--model").arg(directory.join("model.json"));
    let bare = Server::start(BARE, bare, &directory.join("bare.log"), printed_address)?;

    let mut naive = tools.cores.server(&tools.anchors);
    naive.arg("naive").arg("--database").arg(catalog.database());
    let naive = Server::start(NAIVE, naive, &directory.join("naive.log"), printed_address)?;

    let mut servers = vec![service, bare];
    servers.extend(other);
    servers.push(naive);
    if let Some(program) = tools.nginx {
        servers.extend(nginx::start(program, tools.cores, directory, &model)?);
    }
    Ok((servers, first_response))
}

/// Copies the catalog, which no process has open, to a separate directory.
fn copy(catalog: &Catalog, directory: &Path) -> Result<PathBuf, String> {
    let copy = directory.join("other");
    std::fs::create_dir(&copy).map_err(|error| error.to_string())?;
    let copied = std::fs::copy(catalog.database(), copy.join("models.db"));
    copied.map_err(|error| error.to_string())?;
    Ok(copy)
}

/// Saves the body of the service's response.
fn save(service: &Server, catalog: &Catalog, path: &str, file: &Path) -> Result<String, String> {
    let response = service.get(path, &[bearer(&catalog.key)])?;
    if response.status != 200 {
        return Err(format!("{path} returned {}", response.status));
    }
    std::fs::write(file, &response.body).map_err(|error| error.to_string())?;
    String::from_utf8(response.body).map_err(|error| error.to_string())
}

/// The address in the first line of the service's log.
pub fn logged_address(line: &str) -> Option<String> {
    let log: Value = serde_json::from_str(line).ok()?;
    log["address"].as_str().map(str::to_owned)
}

fn printed_address(line: &str) -> Option<String> {
    line.strip_suffix('\n').map(str::to_owned)
}
