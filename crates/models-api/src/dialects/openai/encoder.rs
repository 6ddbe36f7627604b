//! Compresses lists in the background, for later requests.

use std::sync::Arc;
use std::time::Duration;

use models_core::Audience;
use models_node::Catalog;
use prometheus::IntCounterVec;
use tokio::sync::Semaphore;

use crate::dialects::openai::view::View;
use crate::http::coding::{Accepted, Coding};
use crate::http::representation::Representation;

/// The encoder waits this long and skips a view that was replaced meanwhile.
const SETTLING: Duration = Duration::from_millis(100);

/// Compresses the lists of views.
#[derive(Clone)]
pub(crate) struct Encoder {
    catalog: Arc<Catalog<View>>,
    /// Allows one encoding at a time, because each occupies a whole core.
    alone: Arc<Semaphore>,
    /// The number of encoded lists, by coding.
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

    /// Returns the list of this view in the client's best available coding. If the client accepts a better coding, a
    /// task encodes the list for later requests.
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

    /// Starts a task that encodes the list, unless the view is replaced first or another list is being encoded.
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
            // The panic hook reports a panic of the task.
            let _ = tokio::task::spawn_blocking(move || list.list().encode(coding)).await;
            this.catalog.update_size(&audience, &view);
        });
    }
}
