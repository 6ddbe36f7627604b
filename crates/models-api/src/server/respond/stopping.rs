//! Waiting for the service to stop.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use tokio::sync::watch;
use tokio::time::sleep;

/// Over when the service stops. A connection asks each time that it is woken, and what is waited for is
/// told only once who is to be woken.
pub(crate) struct ToldToStop {
    stopping: watch::Receiver<bool>,
    waiting: LocalBoxFuture<'static, ()>,
    woken: Option<Waker>,
}

impl ToldToStop {
    pub(crate) fn new(stopping: watch::Receiver<bool>) -> Self {
        Self {
            waiting: told_to_stop(stopping.clone()).boxed_local(),
            stopping,
            woken: None,
        }
    }
}

impl Future for ToldToStop {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let is_same = self
            .woken
            .as_ref()
            .is_some_and(|woken| woken.will_wake(cx.waker()));
        // An error is the end of the sender, and so of the service.
        if is_same && self.stopping.has_changed().is_ok_and(|changed| !changed) {
            return Poll::Pending;
        }
        self.woken = Some(cx.waker().clone());
        self.waiting.as_mut().poll(cx)
    }
}

/// Over when the service stops.
async fn told_to_stop(mut stopping: watch::Receiver<bool>) {
    // An error is the end of the sender, and so of the service.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// Over when the service has been stopping for as long as what is in flight may take.
pub(super) async fn out_of_time(stopping: watch::Receiver<bool>, grace: Duration) {
    told_to_stop(stopping).await;
    sleep(grace).await;
}
