use futures_util::future::join_all;

use super::*;
use crate::fake::keys::epoch;
use crate::fake::models::{Shown, audience, model, public_renderings};

/// With a secret of its own, a test recognizes the renderings of its views.
fn rendering(secret: u8) -> Rendering<Shown> {
    Rendering::new(Arc::new(RevisionTokens::new([secret; 16])))
}

/// What an organization without own models may see at a revision: this number of public models.
fn candidates(revision: i64, count: usize) -> Candidates {
    let ids = (0..count).map(|number| format!("public-{number}"));
    Candidates {
        models: ids.map(|id| model(&id, None)).collect(),
        public_revision: Revision(revision),
        own_revision: Revision(0),
    }
}

async fn load(rendering: &Rendering<Shown>, revision: i64, count: usize) -> Arc<Shown> {
    load_since(rendering, rendering.generation(), revision, count).await
}

async fn load_since(
    rendering: &Rendering<Shown>,
    generation: Generation,
    revision: i64,
    count: usize,
) -> Arc<Shown> {
    let candidates = candidates(revision, count);
    let (audience, epoch) = (audience(1), epoch());
    let view = rendering.view(&audience, generation, &epoch, candidates);
    view.await.unwrap()
}

#[tokio::test]
async fn simultaneous_loads_render_the_public_models_once() {
    let rendering = rendering(1);
    let loads = (0..20).map(|_| load(&rendering, 3, MANY_MODELS + 1));
    let views = join_all(loads).await;
    assert!(views.iter().all(|view| Arc::ptr_eq(view, &views[0])));
    assert_eq!(public_renderings(&views[0].newest), 1);
}

#[test]
fn a_load_finishes_although_the_load_that_renders_for_it_is_cancelled() {
    // The only thread that renders is busy, so both loads wait.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(1)
        .build()
        .unwrap();
    let (finish, busy) = std::sync::mpsc::channel();
    runtime.block_on(async {
        let waiting = tokio::task::spawn_blocking(move || busy.recv());
        let rendering = rendering(2);
        let mut first = Box::pin(load(&rendering, 3, MANY_MODELS + 1));
        assert!(futures_util::poll!(&mut first).is_pending());
        let mut second = Box::pin(load(&rendering, 3, MANY_MODELS + 1));
        assert!(futures_util::poll!(&mut second).is_pending());
        drop(first);
        finish.send(()).unwrap();
        waiting.await.unwrap().unwrap();
        assert_eq!(second.await.ids.len(), MANY_MODELS + 1);
    });
}

#[tokio::test]
async fn a_load_of_an_older_revision_does_not_replace_a_newer_view() {
    let rendering = rendering(3);
    let newer = load(&rendering, 4, 2).await;
    let older = load(&rendering, 3, 1).await;
    assert_eq!(older.newest.revision, Revision(3));
    assert!(Arc::ptr_eq(&newer, &load(&rendering, 4, 2).await));
}

#[tokio::test]
async fn loads_with_more_public_models_at_one_revision_do_not_share_a_view() {
    let rendering = rendering(4);
    let part = load(&rendering, 3, 1).await;
    let all = load(&rendering, 3, 2).await;
    assert_eq!((part.ids.len(), all.ids.len()), (1, 2));
    assert!(Arc::ptr_eq(&all, &load(&rendering, 3, 2).await));
}

#[tokio::test]
async fn an_invalidation_drops_the_view_of_the_public_models() {
    let rendering = rendering(5);
    let before = load(&rendering, 3, 1).await;
    assert!(Arc::ptr_eq(&before, &load(&rendering, 3, 1).await));
    rendering.invalidate();
    assert!(!Arc::ptr_eq(&before, &load(&rendering, 3, 1).await));
}

#[tokio::test]
async fn a_view_with_an_own_model_is_never_the_shared_one() {
    let rendering = rendering(6);
    let public = load(&rendering, 3, 1).await;
    let candidates = Candidates {
        models: vec![model("public-0", Some(1)), model("public-0", None)],
        public_revision: Revision(3),
        own_revision: Revision(0),
    };
    let (generation, audience, epoch) = (rendering.generation(), audience(1), epoch());
    let view = rendering.view(&audience, generation, &epoch, candidates);
    assert!(!Arc::ptr_eq(&view.await.unwrap(), &public));
}

#[tokio::test]
async fn later_loads_do_not_share_the_view_of_a_load_from_before_an_invalidation() {
    let rendering = rendering(7);
    let before = rendering.generation();
    rendering.invalidate();
    // A restore has set the revision back, and the catalog later reaches the same one with other models.
    let slow = load_since(&rendering, before, 10, 2).await;
    let restored = load(&rendering, 5, 1).await;
    assert!(Arc::ptr_eq(&restored, &load(&rendering, 5, 1).await));
    let grown = load(&rendering, 10, 2).await;
    assert!(!Arc::ptr_eq(&grown, &slow));
}
