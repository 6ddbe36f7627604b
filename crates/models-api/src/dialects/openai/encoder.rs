//! Lists in content codings: written ahead of time, beside the requests.

use std::sync::Arc;
use std::time::Duration;

use models_core::Audience;
use models_node::Catalog;
use prometheus::IntCounterVec;
use tokio::sync::Semaphore;

use crate::dialects::openai::view::View;
use crate::http::coding::{Accepted, Coding};
use crate::http::representation::Representation;

/// A view that is gone after this time is not worth encoding.
const SETTLING: Duration = Duration::from_millis(100);

/// Writes the lists of views in content codings.
#[derive(Clone)]
pub(crate) struct Encoder {
    catalog: Arc<Catalog<View>>,
    /// Encoding takes a whole core for a while.
    alone: Arc<Semaphore>,
    /// How many lists were encoded, by coding.
    encodings: IntCounterVec,
}

impl Encoder {
    pub(crate) fn new(catalog: Arc<Catalog<View>>, encodings: IntCounterVec) -> Self {
        Self {
            catalog,
            alone: Arc::new(Semaphore::new(1)),
            encodings,
        }
    }

    /// The list of this view of the audience's, in the best coding that there is for the client. A better one is
    /// made aside, for the next request.
    pub(crate) fn list(
        &self,
        audience: &Audience,
        view: &Arc<View>,
        accepted: Accepted,
    ) -> Representation {
        let (representation, wanted) = view.list().choose(accepted);
        if let Some(coding) = wanted {
            self.encode(audience.clone(), view, coding);
        }
        representation
    }

    /// One list is encoded at a time, and only one that is still shown after a while.
    fn encode(&self, audience: Audience, view: &Arc<View>, coding: Coding) {
        let (this, view) = (self.clone(), Arc::downgrade(view));
        actix_web::rt::spawn(async move {
            tokio::time::sleep(SETTLING).await;
            let Some(view) = view.upgrade() else { return };
            let Ok(_alone) = this.alone.try_acquire() else {
                view.list().postpone(coding);
                return;
            };
            this.encodings.with_label_values(&[coding.name()]).inc();
            let list = view.clone();
            // A panic in it has been reported where it happened.
            let _ = tokio::task::spawn_blocking(move || list.list().encode(coding)).await;
            this.catalog.weigh(&audience, &view);
        });
    }
}
