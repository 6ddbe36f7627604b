//! The cells of the benchmark: requests, catalog and callers.

use super::servers::http::{Header, header};
use super::servers::process::Memory;

/// The retrieved model, whose object has a usual size.
pub const MODEL: &str = "ft:gpt-4o-mini-2024-07-18:acme-research:exp-000042:AbCdEf12";
pub const LIST: &str = "/v1/models";

/// The contents of a catalog.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Contents {
    /// The number of public models.
    pub models: usize,
    /// The number of organizations with a key and their own models.
    pub tenants: u32,
    /// The number of models of each of these organizations.
    pub own_models: u32,
    /// The mebibytes for rendered lists; `None` for the default.
    pub views_mib: Option<u32>,
    /// Whether there is a project whose policy allows the public models one by one.
    pub allow_list: bool,
}

impl Contents {
    /// The growth of memory for each own model of all tenants, in bytes.
    pub fn own_model_bytes(self, before: Memory, after: Memory) -> Option<f64> {
        let kibibytes = after.resident.saturating_sub(before.resident);
        let count = f64::from(self.tenants) * f64::from(self.own_models);
        (count > 0.0).then(|| kibibytes as f64 * 1_024.0 / count)
    }
}

/// The callers of the requests.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// One organization without its own models.
    One,
    /// Many tenants, each of which has listed its models before.
    Many,
    /// The organization whose models are deleted; it has 20,000 and more.
    Writer,
    /// A project of [`Readers::One`] with the allow-list.
    Restricted,
}

impl Readers {
    /// The load that the requests of these readers are compared with.
    pub fn alone(self) -> &'static str {
        match self {
            Self::One | Self::Many | Self::Writer => "one tenant alone",
            Self::Restricted => "a project without a policy",
        }
    }
}

/// One kind of load.
#[derive(Clone)]
pub struct Cell {
    pub name: &'static str,
    pub contents: Contents,
    pub path: String,
    pub headers: Vec<Header>,
    /// Whether requests carry the validator of an earlier response, so that they return 304.
    pub conditional: bool,
    pub readers: Readers,
    pub beside: Beside,
}

/// The requests sent meanwhile.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    Nothing,
    /// Deletions of models.
    Deletions,
    /// Lists of tenants whose views are not in memory.
    Strangers,
}

/// All cells, grouped by catalog.
pub fn all() -> Vec<Cell> {
    let retrieve = Cell {
        path: model_path(),
        ..list("retrieve one model", 100)
    };
    let tenants = Contents {
        models: 100,
        tenants: 10_000,
        own_models: 2,
        views_mib: None,
        allow_list: false,
    };
    let million = Contents {
        models: 1,
        tenants: 10_000,
        own_models: 100,
        views_mib: None,
        allow_list: false,
    };
    let crowded = Contents {
        views_mib: Some(1),
        ..tenants
    };
    vec![
        retrieve.clone(),
        Cell {
            name: "retrieve one model, with the headers of the Python SDK",
            headers: sdk_headers(),
            ..retrieve.clone()
        },
        list("list of 100", 100),
        Cell {
            conditional: true,
            ..list("304 on the list of 100", 100)
        },
        list("list of 1,000", 1_000),
        Cell {
            headers: vec![header("Accept-Encoding", "gzip")],
            ..list("list of 1,000, gzip accepted", 1_000)
        },
        Cell {
            path: model_path(),
            ..restricted("retrieve one model in a project with an allow-list of 1,000")
        },
        restricted("list of 1,000 in a project with an allow-list of 1,000"),
        list("list of 10,000", 10_000),
        Cell {
            name: "retrieve one model, by 10,000 tenants (Zipf)",
            contents: tenants,
            readers: Readers::Many,
            ..retrieve.clone()
        },
        Cell {
            name: "retrieve one model beside 50 deletions a second",
            contents: tenants,
            beside: Beside::Deletions,
            ..retrieve.clone()
        },
        Cell {
            contents: tenants,
            beside: Beside::Deletions,
            ..list("list of 100 beside 50 deletions a second", 100)
        },
        Cell {
            name: "retrieve one model beside 50 deletions a second of the same organization's",
            contents: tenants,
            beside: Beside::Deletions,
            readers: Readers::Writer,
            ..retrieve.clone()
        },
        Cell {
            name: "retrieve one model beside 50 tenants a second whose views are read and evicted",
            contents: crowded,
            beside: Beside::Strangers,
            ..retrieve.clone()
        },
        Cell {
            name: "retrieve one model among a million, of 10,000 organizations",
            contents: million,
            ..retrieve.clone()
        },
        Cell {
            name: "retrieve one model among a million, by 10,000 tenants (Zipf)",
            contents: million,
            readers: Readers::Many,
            ..retrieve
        },
    ]
}

pub fn model_path() -> String {
    format!("{LIST}/{MODEL}")
}

fn list(name: &'static str, models: usize) -> Cell {
    Cell {
        name,
        contents: Contents {
            models,
            tenants: 0,
            own_models: 0,
            views_mib: None,
            allow_list: false,
        },
        path: LIST.to_owned(),
        headers: vec![],
        conditional: false,
        readers: Readers::One,
        beside: Beside::Nothing,
    }
}

/// A list in a project whose policy allows each of 1,000 models.
fn restricted(name: &'static str) -> Cell {
    let list = list(name, 1_000);
    Cell {
        contents: Contents {
            allow_list: true,
            ..list.contents
        },
        readers: Readers::Restricted,
        ..list
    }
}

/// The headers that `openai` for Python sends in addition to `Host` and `Authorization`.
fn sdk_headers() -> Vec<Header> {
    [
        ("Accept", "application/json"),
        ("Accept-Encoding", "gzip, deflate"),
        ("Connection", "keep-alive"),
        ("Content-Type", "application/json"),
        ("User-Agent", "OpenAI/Python 2.8.1"),
        ("X-Stainless-Lang", "python"),
        ("X-Stainless-Package-Version", "2.8.1"),
        ("X-Stainless-OS", "Linux"),
        ("X-Stainless-Arch", "x64"),
        ("X-Stainless-Runtime", "CPython"),
        ("X-Stainless-Runtime-Version", "3.11.7"),
        ("X-Stainless-Async", "false"),
        ("x-stainless-retry-count", "0"),
        ("x-stainless-read-timeout", "600"),
    ]
    .map(|(name, value)| header(name, value))
    .into()
}
