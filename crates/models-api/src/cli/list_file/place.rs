//! Where in an object a list may be.

/// Where in an object a list may be. Where there are several, the first of these is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// OpenAI and most others; also the place of a bare array.
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

    /// The place that a field of this name is.
    pub(super) fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find_map(|(known, place)| (known == name).then_some(place))
    }
}
