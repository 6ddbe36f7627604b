//! Builds the tests of the crates with all their mutants, once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cargo;
use crate::mutants::PACKAGES;
use crate::mutants::list::Mutant;
use crate::mutants::source::{self, WovenFile};

/// A copy of the workspace that mutants are written to.
pub struct Tree {
    root: PathBuf,
}

/// The test programs of the crates, by package.
pub type Programs = HashMap<String, PathBuf>;

/// All mutants in one build.
#[derive(Default)]
pub struct Woven {
    pub programs: Programs,
    /// Those that must be built on their own.
    pub apart: BTreeSet<usize>,
    /// Those that do not compile.
    pub unviable: BTreeSet<usize>,
}

/// What a build says.
pub enum Built {
    Programs(Programs),
    Errors(Vec<CompileError>),
}

pub struct CompileError {
    /// In files below the tree, in bytes.
    places: Vec<(PathBuf, usize)>,
    code: String,
    text: String,
}

impl Tree {
    /// Copies the workspace, without what git does not need.
    pub fn copy(root: PathBuf) -> Result<Self, String> {
        if root.exists() {
            fs::remove_dir_all(&root).map_err(|error| error.to_string())?;
        }
        fs::create_dir_all(&root).map_err(|error| error.to_string())?;
        for name in ["Cargo.toml", "Cargo.lock", "crates"] {
            copy(Path::new(name), &root.join(name)).map_err(|error| format!("{name}: {error}"))?;
        }
        Ok(Self { root })
    }

    /// Where the tests of the package run.
    pub fn package(&self, package: &str) -> PathBuf {
        self.root.join("crates").join(package)
    }

    /// Writes all mutants that compile beside each other, and builds the tests.
    pub fn weave(&self, mutants: &[Mutant]) -> Result<Woven, String> {
        let mut result = Woven::default();
        loop {
            let files = self.write(mutants, &mut result)?;
            let errors = match self.build(&PACKAGES)? {
                Built::Programs(programs) => {
                    self.restore(files.keys().map(PathBuf::as_path))?;
                    result.programs = self.keep(programs)?;
                    return Ok(result);
                }
                Built::Errors(errors) => errors,
            };
            let before = result.left_out();
            for error in &errors {
                error.leave_out(&files, &mut result);
            }
            if result.left_out() == before {
                let texts: Vec<_> = errors.into_iter().map(|error| error.text).collect();
                return Err(format!(
                    "no mutant is where the build fails: {}",
                    texts.join("\n")
                ));
            }
        }
    }

    /// Copies the programs: a build of the workspace may overwrite them.
    fn keep(&self, programs: Programs) -> Result<Programs, String> {
        let copies = programs.into_iter().map(|(package, program)| {
            let copy = self.root.join(format!("{package}-tests"));
            fs::copy(&program, &copy).map_err(|error| format!("{}: {error}", copy.display()))?;
            Ok((package, copy))
        });
        copies.collect()
    }

    /// Builds the tests of the mutant's package with this mutant alone.
    pub fn build_one(&self, mutant: &Mutant) -> Result<Built, String> {
        let source = read(&mutant.file)?;
        self.put(&mutant.file, &source::replaced(&source, mutant))?;
        let built = self.build(&[&mutant.package]);
        self.restore([mutant.file.as_path()])?;
        built
    }

    fn write(
        &self,
        mutants: &[Mutant],
        result: &mut Woven,
    ) -> Result<BTreeMap<PathBuf, WovenFile>, String> {
        let roots = PACKAGES.map(|package| Path::new("crates").join(package).join("src/lib.rs"));
        let mut files: BTreeMap<&Path, Vec<(usize, &Mutant)>> = roots
            .iter()
            .map(|root| (root.as_path(), Vec::new()))
            .collect();
        for (number, mutant) in mutants.iter().enumerate() {
            let file = files.entry(&mutant.file).or_default();
            if !result.leaves_out(number) {
                file.push((number, mutant));
            }
        }
        let mut all = BTreeMap::new();
        for (file, mutants) in files {
            let mut woven = source::weave(&read(file)?, &mutants)
                .map_err(|error| format!("{}: {error}", file.display()))?;
            if roots.iter().any(|root| root == file) {
                woven.text.push_str(&source::switch());
            }
            result.apart.extend(&woven.apart);
            self.put(file, &woven.text)?;
            all.insert(file.to_owned(), woven);
        }
        Ok(all)
    }

    fn restore<'a>(&self, files: impl IntoIterator<Item = &'a Path>) -> Result<(), String> {
        for file in files {
            self.put(file, &read(file)?)?;
        }
        Ok(())
    }

    fn put(&self, file: &Path, text: &str) -> Result<(), String> {
        let file = self.root.join(file);
        if fs::read_to_string(&file).is_ok_and(|present| present == text) {
            return Ok(());
        }
        fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))
    }

    fn build(&self, packages: &[&str]) -> Result<Built, String> {
        let mut command = cargo(&["test", "--no-run", "--lib", "--locked", "--quiet"]);
        command.args(["--message-format", "json"]);
        command.args(packages.iter().flat_map(|package| ["--package", package]));
        let output = command.current_dir(&self.root).output();
        let output = output.map_err(|error| error.to_string())?;
        let lines = output.stdout.split(|byte| *byte == b'\n');
        let messages: Vec<Value> = lines
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect();
        if output.status.success() {
            return Ok(Built::Programs(
                messages.iter().filter_map(program).collect(),
            ));
        }
        let errors: Vec<_> = messages.iter().filter_map(compile_error).collect();
        if errors.is_empty() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        Ok(Built::Errors(errors))
    }
}

impl Woven {
    /// Whether this mutant is not in the build.
    pub fn leaves_out(&self, number: usize) -> bool {
        self.apart.contains(&number) || self.unviable.contains(&number)
    }

    fn left_out(&self) -> usize {
        self.apart.len() + self.unviable.len()
    }
}

impl CompileError {
    /// Leaves out the mutants that the error lies in: those of the smallest region.
    fn leave_out(&self, files: &BTreeMap<PathBuf, WovenFile>, result: &mut Woven) {
        let regions = self.places.iter().flat_map(|(file, place)| {
            let regions = files.get(file).map(|file| file.regions.as_slice());
            let regions = regions.unwrap_or_default().iter();
            regions.filter(|region| region.range.contains(place))
        });
        let Some(smallest) = regions.min_by_key(|region| region.range.len()) else {
            return;
        };
        // A constant function cannot ask which mutant is active, but may have mutants.
        let numbers = if smallest.is_replacement && self.code != "E0015" {
            &mut result.unviable
        } else {
            &mut result.apart
        };
        numbers.extend(&smallest.mutants);
    }
}

fn program(message: &Value) -> Option<(String, PathBuf)> {
    let executable = message["executable"].as_str()?;
    let package = PACKAGES.iter().find(|package| {
        let manifest = message["manifest_path"].as_str();
        manifest.is_some_and(|path| path.ends_with(&format!("/{package}/Cargo.toml")))
    })?;
    Some(((*package).to_owned(), PathBuf::from(executable)))
}

fn compile_error(message: &Value) -> Option<CompileError> {
    let message = &message["message"];
    if message["level"] != "error" {
        return None;
    }
    let spans = message["spans"].as_array()?.iter();
    let primary = spans.clone().filter(|span| span["is_primary"] == true);
    let places: Vec<_> = primary
        .filter_map(|span| {
            let start = usize::try_from(span["byte_start"].as_u64()?).ok()?;
            Some((PathBuf::from(span["file_name"].as_str()?), start))
        })
        .collect();
    let text = message["rendered"].as_str()?.to_owned();
    let code = message["code"]["code"].as_str().unwrap_or_default();
    (!places.is_empty()).then(|| CompileError {
        places,
        code: code.to_owned(),
        text,
    })
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    if !from.is_dir() {
        return fs::copy(from, to).map(drop);
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}
