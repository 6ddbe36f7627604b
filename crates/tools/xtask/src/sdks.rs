//! The official SDKs for the tests, in the versions that the repository pins. Each has its own
//! directory below `target`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{run, system};

/// The variable with the Python interpreter that has the SDK.
pub const PYTHON: &str = "MODELS_TEST_PYTHON";
/// The variable with the directory of the Node SDK.
pub const NODE: &str = "MODELS_TEST_NODE_DIRECTORY";

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models-api/tests/sdk");

/// Installs both SDKs if they are missing, and returns the variables that name them.
pub fn install() -> Result<[(&'static str, PathBuf); 2], String> {
    let target = crate::target()?.join("sdk");
    let (python, node) = (target.join("python"), target.join("node"));
    when_changed("python", "requirements.txt", &python, install_python)?;
    when_changed("node", "package-lock.json", &node, install_node)?;
    Ok([(PYTHON, python.join("bin/python")), (NODE, node)])
}

/// Installs again if the file that pins the versions has changed since the installation.
fn when_changed(
    sdk: &str,
    pins: &str,
    directory: &Path,
    install: fn(&Path, &Path) -> Result<(), String>,
) -> Result<(), String> {
    let sources = Path::new(SOURCES).join(sdk);
    let wanted = fs::read(sources.join(pins)).map_err(|error| format!("{sdk}/{pins}: {error}"))?;
    let stamp = directory.join("installed-from");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let io = |error: std::io::Error| format!("{}: {error}", directory.display());
    let _ = fs::remove_dir_all(directory);
    fs::create_dir_all(directory).map_err(io)?;
    install(&sources, directory)?;
    fs::write(stamp, wanted).map_err(io)
}

fn install_python(sources: &Path, directory: &Path) -> Result<(), String> {
    // Debian's python3 has `venv`, but `venv` works only with the package python3-venv.
    need(
        "python3",
        &["-c", "import ensurepip, venv"],
        &["python3", "python3-venv"],
    )?;
    run(Command::new("python3").args(["-m", "venv"]).arg(directory))?;
    let requirements = sources.join("requirements.txt");
    let pip = directory.join("bin/pip");
    run(Command::new(&pip)
        .args(["install", "--quiet", "--disable-pip-version-check", "-r"])
        .arg(&requirements))?;
    unpack_sources(&pip, &requirements, &directory.join("sources"))
}

/// Unpacks the source distribution of the pinned SDK, because the installed package lacks the SDK's own tests.
fn unpack_sources(pip: &Path, requirements: &Path, directory: &Path) -> Result<(), String> {
    let pins = fs::read_to_string(requirements)
        .map_err(|error| format!("{}: {error}", requirements.display()))?;
    let pin = pins.lines().find(|line| line.starts_with("openai=="));
    let pin = pin.ok_or_else(|| format!("{} does not pin openai", requirements.display()))?;
    fs::create_dir_all(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    run(Command::new(pip)
        .args(["download", "--quiet", "--disable-pip-version-check"])
        .args(["--no-deps", "--no-binary", "openai", "--dest"])
        .args([directory.as_os_str(), pin.as_ref()]))?;
    let archive = directory.join(format!("{}.tar.gz", pin.replace("==", "-")));
    run(Command::new("tar")
        .args(["--extract", "--strip-components=1", "--file"])
        .arg(archive)
        .arg("--directory")
        .arg(directory))
}

fn install_node(sources: &Path, directory: &Path) -> Result<(), String> {
    need("npm", &["--version"], &["nodejs", "npm"])?;
    for file in ["package.json", "package-lock.json"] {
        let copied = fs::copy(sources.join(file), directory.join(file));
        copied.map_err(|error| format!("node/{file}: {error}"))?;
    }
    run(Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund"])
        .current_dir(directory))
}

/// Installs a program unless it already works.
fn need(program: &str, try_it: &[&str], packages: &[&str]) -> Result<(), String> {
    let works = || {
        let mut command = Command::new(program);
        command
            .args(try_it)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    if works() {
        return Ok(());
    }
    let _ = system::install(packages);
    if works() {
        return Ok(());
    }
    Err(format!(
        "the tests of the official SDKs need {program}, and its installation failed; on Debian and Ubuntu, run \
         `sudo apt-get install {}`",
        packages.join(" ")
    ))
}
