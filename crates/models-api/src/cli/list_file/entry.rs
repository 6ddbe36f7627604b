//! The entries of a list.

mod fields;
mod notes;
mod raw;

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table;
use models_core::{Entered, ImportEntry, ModelId, Name};

use super::error::ListError;
use super::list::{InvalidEntries, InvalidEntry, List, MOST};
use super::place::Place;
use super::text::{SHOWN, place};
use notes::Notes;
use raw::{Fields, IdField, text};

/// The entries read so far.
pub(super) struct Entries {
    place: Place,
    id_field: Option<IdField>,
    /// The number of entries, including invalid ones.
    count: usize,
    valid: Vec<ImportEntry>,
    /// For each id, its index in `valid` and its position in the list.
    seen: HashTable<(u32, u32)>,
    hasher: RandomState,
    owners: Owners,
    invalid: InvalidEntries,
    notes: Notes,
}

/// Owners read so far. Equal owners share one text in memory.
#[derive(Default)]
struct Owners(HashSet<Entered<Name>, RandomState>);

impl Owners {
    /// The largest number of owners that are shared.
    const MOST: usize = 1_000;

    fn share(&mut self, owner: Entered<Name>) -> Entered<Name> {
        if let Some(known) = self.0.get(&owner) {
            return known.clone();
        }
        if self.0.len() < Self::MOST {
            self.0.insert(owner.clone());
        }
        owner
    }
}

type Refusal = (Option<String>, String);

impl Entries {
    pub(super) fn new(place: Place) -> Self {
        Self {
            place,
            id_field: None,
            count: 0,
            valid: Vec::new(),
            seen: HashTable::new(),
            hasher: RandomState::default(),
            owners: Owners::default(),
            invalid: InvalidEntries::default(),
            notes: Notes::default(),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Returns the list. Fails if it has more than [`MOST`] entries.
    pub(super) fn finish(self) -> Result<List, ListError> {
        if self.count > MOST {
            return Err(ListError::TooLong(self.count));
        }
        Ok(List {
            entries: self.valid,
            invalid: self.invalid,
            notes: self.notes.sentences(),
            further_pages: None,
        })
    }

    /// Reads one entry. Beyond [`MOST`], it only counts entries.
    pub(super) fn add(&mut self, entry: &str) {
        self.count += 1;
        if self.count > MOST {
            return;
        }
        if let Err((id, reason)) = self.read(entry) {
            let id = id.map(|id| id.chars().take(SHOWN).collect());
            self.invalid.add(InvalidEntry {
                position: self.count,
                id,
                reason,
            });
        }
    }

    fn read(&mut self, entry: &str) -> Result<(), Refusal> {
        if !entry.starts_with('{') {
            return Err((None, "must be an object".to_owned()));
        }
        let fields: Fields<'_> =
            serde_json::from_str(entry).map_err(|error| (None, reason(&error)))?;
        let text = self.id(&fields).map_err(|reason| (None, reason))?;
        let id = match text.parse() {
            Ok(id) => id,
            Err(error) => {
                let error: models_core::Invalid = error;
                return Err((Some(text), error.to_string()));
            }
        };
        if let Err(reason) = self.record(&id) {
            return Err((Some(text), reason));
        }
        let place = || place(self.count, Some(&text));
        let (notes, owners) = (&mut self.notes, &mut self.owners);
        self.valid.push(ImportEntry {
            created: fields::created(&fields, notes, &place),
            owned_by: fields::owned_by(&fields, notes, &place).map(|owner| owners.share(owner)),
            shutdown_date: fields::shutdown_date(&fields, notes, &place),
            id,
        });
        Ok(())
    }

    fn id(&mut self, fields: &Fields<'_>) -> Result<String, String> {
        self.id_field = self
            .id_field
            .or_else(|| IdField::choose(self.place, fields));
        let field = self.id_field.unwrap_or(IdField::Id);
        let Some(value) = field.of(fields) else {
            return Err(format!("`{}` is missing", field.name()));
        };
        let text = text(value).ok_or_else(|| format!("`{}` must be a string", field.name()))?;
        // Gemini's names are paths.
        Ok(match text.strip_prefix("models/") {
            Some(id) if field == IdField::Name => id.to_owned(),
            _ => text,
        })
    }

    /// Records the id of the next valid entry. Fails if an earlier entry has the same id.
    fn record(&mut self, id: &Entered<ModelId>) -> Result<(), String> {
        let (valid, hasher) = (&self.valid, &self.hasher);
        let index = |index: u32| valid[index as usize].id.as_str();
        let next = u32::try_from(valid.len()).map_err(|_| "the list is too long".to_owned())?;
        let found = self.seen.entry(
            hasher.hash_one(id.as_str()),
            |(there, _)| index(*there) == id.as_str(),
            |(there, _)| hasher.hash_one(index(*there)),
        );
        match found {
            hash_table::Entry::Occupied(there) => {
                Err(format!("entry {} has the same id", there.get().1))
            }
            hash_table::Entry::Vacant(free) => {
                free.insert((next, u32::try_from(self.count).unwrap_or(u32::MAX)));
                Ok(())
            }
        }
    }
}

/// The parser's message without the line and column, which count from the start of the entry.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let reason: Cow<'_, str> = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(reason, _)| reason)
        .into();
    match reason.strip_prefix("duplicate field ") {
        Some(field) => format!("{field} appears twice"),
        None => reason.into_owned(),
    }
}
