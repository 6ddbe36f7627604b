//! The fields of an object that may hold the list.

/// The field that holds the list. If an object has several, the first in this order is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// OpenAI and most other services. Also stands for a list that is a bare array.
    Data,
    /// Ollama, Gemini, Cohere, LM Studio, Codex.
    Models,
    /// Cloudflare.
    Result,
    /// Replicate.
    Results,
    /// Bedrock.
    ModelSummaries,
}

impl Place {
    pub(super) const ALL: [(&'static str, Self); 5] = [
        ("data", Self::Data),
        ("models", Self::Models),
        ("result", Self::Result),
        ("results", Self::Results),
        ("modelSummaries", Self::ModelSummaries),
    ];

    /// Returns the place for the name of a field.
    pub(super) fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find_map(|(known, place)| (known == name).then_some(place))
    }
}
