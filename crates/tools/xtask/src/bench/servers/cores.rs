//! One core for the measured server and one for the load, if the machine has two.

use std::ffi::OsStr;
use std::fmt;
use std::process::Command;

use crate::system;

/// The machine's cores, and whether processes are pinned to them.
#[derive(Clone, Copy)]
pub struct Cores {
    pub count: usize,
    pub pinned: bool,
}

impl Cores {
    pub fn here() -> Self {
        let count = std::thread::available_parallelism().map_or(1, usize::from);
        let pinned = count >= 2 && system::has("taskset");
        Self { count, pinned }
    }

    pub fn server(self, program: impl AsRef<OsStr>) -> Command {
        self.on("0", program.as_ref())
    }

    pub fn load(self, program: impl AsRef<OsStr>) -> Command {
        self.on("1", program.as_ref())
    }

    /// The command on this core. The program ends with this process, even if that is killed.
    fn on(self, core: &str, program: &OsStr) -> Command {
        let mut words: Vec<&OsStr> = vec![];
        if system::has("setpriv") {
            words.extend(["setpriv", "--pdeathsig", "TERM"].map(OsStr::new));
        }
        if self.pinned {
            words.extend(["taskset", "-c", core].map(OsStr::new));
        }
        words.push(program);
        let mut command = Command::new(words[0]);
        command.args(&words[1..]);
        command
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, pinned } = self;
        let how = if *pinned {
            "servers on core 0 with one worker, wrk on core 1"
        } else {
            "servers with one worker, **nothing pinned**"
        };
        write!(f, "{count} cores, {how}")
    }
}
