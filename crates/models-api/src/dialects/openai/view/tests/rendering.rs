//! Rendering of lists and models.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::web::Bytes;
use models_core::{Model, Scope};
use models_node::MANY_MODELS;

use super::super::segment::Form;
use super::fixtures::{
    assert_shows, assert_views_show, bytes, list_of, many, mixed, model, own, public, view,
};

#[test]
fn the_list_and_its_objects_equal_the_output_of_serde() {
    assert_views_show(&[], "a");
    assert_views_show(&mixed(&["a"]), "b");
    assert_views_show(
        &mixed(&["a\"", "a\\", "a\\\"", "a", "模型/é", "</script>"]),
        "a\\\\",
    );
}

#[test]
fn an_own_model_replaces_a_public_one_with_the_same_id() {
    let [a, b, own_a] = [
        model("a", Scope::Public),
        model("b", Scope::Public),
        model("a", own()),
    ];
    let public = public([&a, &b]);
    assert_shows(&view([&own_a, &b], &public, &Form::OWN), [&own_a, &b], "c");
    assert_shows(&view([&b, &own_a], &public, &Form::OWN), [&b, &own_a], "c");
}

#[test]
fn a_public_model_that_the_common_view_lacks_is_shown() {
    let models = ["a", "b", "c"].map(|id| model(id, Scope::Public));
    let [a, b, c] = &models;
    let view = view([b, c, a], &public([a, b]), &Form::OWN);
    assert_shows(&view, [b, c, a], "d");
}

#[test]
fn public_models_are_not_copied() {
    let models = mixed(&["a", "b", "c", "d", "e", "f"]);
    let public = public(&models);
    let view = view(&models, &public, &Form::OWN);
    let text = public.models.list();
    for model in models.iter().filter(|model| model.scope == Scope::Public) {
        let object = view.model(model.id.as_str()).unwrap().content.to_bytes();
        assert!(text.as_ptr_range().contains(&object.as_ptr()));
    }
    let list = list_of(&view);
    let pieces = list.content.pieces();
    let is_shared = |piece: &&Bytes| text.as_ptr_range().contains(&piece.as_ptr());
    let shared = pieces.iter().filter(is_shared).map(Bytes::len);
    let public_list = bytes(&public).len();
    // The shared bytes are the whole list without its brackets and the comma of the first object.
    assert_eq!(
        shared.sum::<usize>(),
        public_list - br#"{"object":"list","data":[]}"#.len()
    );
}

#[test]
fn a_request_renders_a_short_list_and_no_long_one() {
    for (own, common) in [(MANY_MODELS, 0), (MANY_MODELS - 1, 1), (0, MANY_MODELS)] {
        let shared: Vec<Model> = (0..=common)
            .map(|number| model(&format!("gpt-{number}"), Scope::Public))
            .collect();
        let models = many(own);
        let short = view(
            models.iter().chain(&shared[1..]),
            &public(&shared[1..]),
            &Form::OWN,
        );
        assert!(short.list.get().is_none() && short.has_list());
        let long = view(models.iter().chain(&shared), &public(&shared), &Form::OWN);
        assert!(long.list.get().is_none() && !long.has_list());
        long.list();
        assert!(long.has_list());
    }
}

#[test]
fn one_thread_renders_a_long_list_for_all_requests_that_wait() {
    let threads = Arc::new(AtomicUsize::new(0));
    let counted = threads.clone();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .on_thread_start(move || {
            counted.fetch_add(1, Ordering::Relaxed);
        })
        .build()
        .unwrap();
    runtime.block_on(async {
        let view = Arc::new(view(&many(20_000), &public([]), &Form::OWN));
        let mut first = Box::pin(view.render_list());
        assert!(futures_util::FutureExt::now_or_never(&mut first).is_none());
        tokio::task::yield_now().await;
        // The client of the first request disconnects.
        drop(first);
        let waiting = (0..50).map(|_| view.render_list());
        for rendered in futures_util::future::join_all(waiting).await {
            rendered.unwrap();
        }
        assert!(view.has_list());
    });
    assert_eq!(threads.load(Ordering::Relaxed), 1);
}
