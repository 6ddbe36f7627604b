//! Allow and deny lists.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};

use serde::Serialize;
use serde::ser::SerializeStruct;
use sha2::{Digest, Sha256};

use super::digest::PolicyDigest;
use super::entry::{PolicyEntry, is_pattern, matches};

use crate::text::Invalid;

/// Whether a policy lists the allowed models or the denied ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyMode {
    /// The policy allows the listed models and denies all others.
    AllowList,
    /// The policy denies the listed models and allows all others.
    DenyList,
}

impl PolicyMode {
    const ALL: [Self; 2] = [Self::AllowList, Self::DenyList];

    /// The mode's name in the database, on the command line and in OpenAI's model permissions.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AllowList => "allow_list",
            Self::DenyList => "deny_list",
        }
    }
}

impl std::str::FromStr for PolicyMode {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mode = Self::ALL.into_iter().find(|mode| mode.as_str() == text);
        mode.ok_or(Invalid::new(
            "a mode",
            "must be `allow_list` or `deny_list`",
        ))
    }
}

/// A policy: an allow list or a deny list of ids and patterns.
///
/// Policies with the same mode and the same entries are equal, whatever the order in which the
/// entries were given. The digest decides that, so comparing and hashing cost the same for all
/// lengths.
#[derive(Clone)]
pub struct Policy {
    mode: PolicyMode,
    /// All entries, one after the other: the ids, and then the patterns, each sorted by their bytes.
    text: Box<str>,
    /// The end of each entry in `text`.
    ends: Box<[u32]>,
    /// The number of ids.
    ids: usize,
    digest: PolicyDigest,
}

impl Policy {
    /// The most entries of a policy.
    pub const MOST_ENTRIES: usize = 10_000;

    /// The policy of this mode with these entries, without repetitions. Fails for more than
    /// [`Policy::MOST_ENTRIES`].
    pub fn new(mode: PolicyMode, mut entries: Vec<PolicyEntry>) -> Result<Self, Invalid> {
        if entries.len() > Self::MOST_ENTRIES {
            return Err(Invalid::new(
                "a policy",
                "must not have more than 10000 entries",
            ));
        }
        entries.sort_by(|one, other| {
            let key = |entry: &PolicyEntry| is_pattern(entry.as_str());
            (key(one), one).cmp(&(key(other), other))
        });
        entries.dedup();
        let mut digest = Sha256::new();
        digest.update(mode.as_str());
        let (mut text, mut ends) = (String::new(), Vec::with_capacity(entries.len()));
        for entry in &entries {
            text.push_str(entry.as_str());
            // 10,000 entries of 256 bytes are far below 4 GiB.
            ends.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
            // No entry holds a control character.
            digest.update("\n");
            digest.update(entry.as_str());
        }
        let patterns = entries.iter().filter(|entry| is_pattern(entry.as_str()));
        Ok(Self {
            mode,
            ids: entries.len() - patterns.count(),
            text: text.into(),
            ends: ends.into(),
            digest: PolicyDigest(digest.finalize().into()),
        })
    }

    /// The mode.
    #[must_use]
    pub const fn mode(&self) -> PolicyMode {
        self.mode
    }

    /// The entries: the ids, and then the patterns, each sorted by their bytes.
    #[must_use]
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.ends.len()).map(|place| self.entry(place))
    }

    /// Whether the policy allows a model with this id.
    #[must_use]
    pub fn allows(&self, id: &str) -> bool {
        self.lists(id) == (self.mode == PolicyMode::AllowList)
    }

    /// The entries that list none of these ids.
    #[must_use]
    pub fn unused(&self, ids: &BTreeSet<&str>) -> Vec<&str> {
        let names = |entry: &str| {
            if is_pattern(entry) {
                ids.iter().any(|id| matches(entry, id))
            } else {
                ids.contains(entry)
            }
        };
        self.entries().filter(|entry| !names(entry)).collect()
    }

    /// The memory that the policy takes, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        size_of::<Self>() + self.text.len() + size_of_val(&*self.ends)
    }

    /// The digest of the mode and the entries.
    #[must_use]
    pub const fn digest(&self) -> PolicyDigest {
        self.digest
    }

    fn lists(&self, id: &str) -> bool {
        let (mut low, mut high) = (0, self.ids);
        while low < high {
            let middle = low.midpoint(high);
            match self.entry(middle).cmp(id) {
                std::cmp::Ordering::Equal => return true,
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        (self.ids..self.ends.len()).any(|place| matches(self.entry(place), id))
    }

    fn entry(&self, place: usize) -> &str {
        let end = |place: usize| self.ends[place] as usize;
        let start = place.checked_sub(1).map_or(0, end);
        &self.text[start..end(place)]
    }
}

impl PartialEq for Policy {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Policy {}

impl Hash for Policy {
    /// A part of the digest is a good hash.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.digest.hash());
    }
}

impl std::fmt::Debug for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut list = f.debug_list();
        list.entry(&self.mode).entries(self.entries()).finish()
    }
}

impl Serialize for Policy {
    /// Writes the form of OpenAI's model permissions, without `object`.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Policy", 2)?;
        fields.serialize_field("mode", self.mode.as_str())?;
        let entries: Vec<&str> = self.entries().collect();
        fields.serialize_field("model_ids", &entries)?;
        fields.end()
    }
}

#[cfg(test)]
mod tests;
