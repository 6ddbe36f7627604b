//! Futures that wait for the service to stop.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use tokio::sync::watch;
use tokio::time::sleep;

/// Completes when the service stops. A connection polls it at each wake-up, so it registers the waker only once.
pub(crate) struct StopSignal {
    stopping: watch::Receiver<bool>,
    waiting: LocalBoxFuture<'static, ()>,
    woken: Option<Waker>,
}

impl StopSignal {
    pub(crate) fn new(stopping: watch::Receiver<bool>) -> Self {
        Self {
            waiting: stop_signal(stopping.clone()).boxed_local(),
            stopping,
            woken: None,
        }
    }
}

impl Future for StopSignal {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let is_same = self
            .woken
            .as_ref()
            .is_some_and(|woken| woken.will_wake(cx.waker()));
        // An error means that the sender is dropped, and the service has ended.
        if is_same && self.stopping.has_changed().is_ok_and(|changed| !changed) {
            return Poll::Pending;
        }
        self.woken = Some(cx.waker().clone());
        self.waiting.as_mut().poll(cx)
    }
}

/// Completes when the service stops.
async fn stop_signal(mut stopping: watch::Receiver<bool>) {
    // An error means that the sender is dropped, and the service has ended.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// Completes when the service has been stopping for the time that requests in flight may take.
pub(super) async fn out_of_time(stopping: watch::Receiver<bool>, grace: Duration) {
    stop_signal(stopping).await;
    sleep(grace).await;
}
