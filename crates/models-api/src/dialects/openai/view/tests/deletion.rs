//! Deletions that change a view in memory.

use models_core::Scope;
use models_node::View as _;

use super::super::View;
use super::super::segment::Form;
use super::fixtures::{assert_shows, many, model, newest, own, public, view};

#[test]
fn a_deletion_that_needs_the_database_does_not_change_the_view() {
    let [a, b, own_a, own_c] = [
        model("a", Scope::Public),
        model("b", Scope::Public),
        model("a", own()),
        model("c", own()),
    ];
    let public = public([&a, &b]);
    let view = view([&own_a, &b, &own_c], &public, &Form::OWN);
    // After this deletion, the audience sees the public model, at another place in the list.
    assert!(view.without(&["a"], &newest(2)).is_none());
    for others in [&["b"][..], &["d"], &["c", "d"]] {
        assert!(view.without(others, &newest(2)).is_none());
    }
    assert!(public.without(&["a"], &newest(2)).is_none());
    let without = view.without(&["c"], &newest(2)).unwrap();
    assert_shows(&without, [&own_a, &b], "c");
    assert!(without.without(&["c"], &newest(3)).is_none());
}

#[test]
fn a_deletion_renders_one_segment_again_and_no_list() {
    let models = many(2_000);
    let view = view(&models, &public([]), &Form::OWN);
    view.list();
    let deleted = models[700].id.as_str();
    let address = |view: &View, number: usize| {
        let model = view.model(models[number].id.as_str()).unwrap();
        model.content.to_bytes().as_ptr()
    };
    let without = view.without(&[deleted], &newest(2)).unwrap();
    for (number, is_same) in [
        (0, true),
        (511, true),
        (512, false),
        (1_023, false),
        (1_024, true),
    ] {
        assert_eq!(address(&view, number) == address(&without, number), is_same);
    }
    assert!(without.list.get().is_none());
    assert_shows(
        &without,
        models.iter().filter(|model| model.id.as_str() != deleted),
        deleted,
    );
}
