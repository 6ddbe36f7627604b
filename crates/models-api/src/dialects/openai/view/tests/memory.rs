//! The memory of a view.

use models_core::{Model, Scope};
use models_node::View as _;

use super::super::segment::Form;
use super::fixtures::{many, model, public, view};
use crate::http::coding::Coding;

#[test]
fn an_own_model_takes_at_most_300_bytes() {
    let public_models: Vec<Model> = (0..1_000)
        .map(|number| model(&format!("gpt-{number}"), Scope::Public))
        .collect();
    let public = public(&public_models);
    let weight = |count| {
        view(
            many(count).iter().chain(&public_models),
            &public,
            &Form::OWN,
        )
        .size()
    };
    let before = weight(0);
    assert!(before < 1_500, "{before}");
    for count in [10, 100, 1_000, 1_025, 10_000] {
        let each = (weight(count) - before).div_ceil(count);
        assert!(
            (200..=300).contains(&each),
            "{each} bytes for each of {count}"
        );
    }
    // Each own model between two public ones.
    let between = many(1_000);
    let alternating = between
        .iter()
        .zip(&public_models)
        .flat_map(|(own, public)| [own, public]);
    let each = (view(alternating, &public, &Form::OWN).size() - before).div_ceil(1_000);
    assert!(each <= 300, "{each} bytes for each between public ones");
}

#[test]
fn compressed_lists_can_be_freed() {
    let models = many(1_000);
    let public = public([]);
    let view = view(&models, &public, &Form::OWN);
    let before = view.size();
    view.list().encode(Coding::Gzip);
    let spare = view.spare();
    assert!(spare > 1_000 && view.size() == before + spare);
    view.shed();
    assert_eq!((view.spare(), view.size()), (0, before));
    assert_eq!(public.size(), 0);
}
