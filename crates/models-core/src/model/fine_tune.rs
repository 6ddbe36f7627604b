//! Recognises the ids of private fine-tuned models.

/// Whether the id has the form of an organization's fine-tuned model. The forms are OpenAI's
/// `ft:base:organization:suffix:id`, the older `base:ft-organization-date`, Azure's `base.ft-id`
/// and Gemini's `tunedModels/…`. A provider's name may precede OpenAI's and Azure's forms. Upper
/// case counts as lower case.
#[must_use]
pub fn is_private_fine_tune(id: &str) -> bool {
    let id = id.to_ascii_lowercase();
    if id.starts_with("tunedmodels/") {
        return true;
    }
    id.split('/').any(|segment| {
        segment.starts_with("ft:")
            || [":ft:", ":ft-", ".ft-"]
                .iter()
                .any(|mark| segment.contains(mark))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_fine_tune_is_recognised() {
        for (id, is_private) in [
            ("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd", true),
            (
                "ft:gpt-3.5-turbo-0125:microsoft-openai-sdk-team::C4ZiCljE",
                true,
            ),
            ("ft:gpt-4o:org::B7R9VjQd:ckpt-step-80", true),
            ("tunedModels/my-model-a1b2", true),
            ("acme/tunedModels-like", false),
            ("ada:ft-personal-2023-01-07-20-54-19", true),
            ("davinci:ft-acme-2023-01-07-20-54-19", true),
            ("curie:ft-personal:s-2022-05-01-10-00-00", true),
            ("FT:gpt-x:acme::AbCdEf12", true),
            ("Davinci:FT-acme-2023", true),
            ("openai/ft:gpt-x:acme::AbCdEf12", true),
            ("gateway/openai/ft:gpt-x:acme::AbCdEf12", true),
            ("openai:ft:gpt-x:acme::AbCdEf12", true),
            ("openai/davinci:ft-acme-2023-01-07-20-54-19", true),
            ("ft:open-mistral-7b:587a6b29:20240514:7e773925", true),
            ("gpt-x-2024-07-18.ft-0e208cf33a6a466994aff31a08aba678", true),
            (
                "azure/gpt-x-2024-07-18.ft-0e208cf33a6a466994aff31a08aba678",
                true,
            ),
            ("gpt-4o", false),
            ("microsoft/phi-4", false),
            ("draft:latest", false),
            ("left:right", false),
            ("llama3:8b-ft", false),
            ("org/soft-model", false),
            ("ft-model", false),
        ] {
            assert_eq!(is_private_fine_tune(id), is_private, "{id}");
        }
    }
}
