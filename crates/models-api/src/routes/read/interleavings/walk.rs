//! Tries all schedules of a read and counts their results.

use std::cell::RefCell;
use std::rc::Rc;

use actix_http::Request;
use actix_http::body::{BoxBody, MessageBody, to_bytes};
use actix_web::App;
use actix_web::test::init_service;
use models_node::BootTime;
use models_node::pause::Hook;

use super::database::Subject;
use super::harness::{Harness, Warm};
use super::schedules::{Schedules, Seen};
use super::world::Times;
use crate::http::fields::Fields;
use crate::routes;
use crate::routes::read::read_from_memory;

/// The results of all schedules.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) schedules: usize,
    /// Responses that showed the model or accepted the key.
    pub(super) shown: usize,
    /// The same responses, released after the commit.
    pub(super) shown_after_commit: usize,
    /// The same responses, released after the barrier returned. Their requests were sent before.
    pub(super) shown_after_barrier: usize,
}

impl Harness {
    /// Tries all schedules of a read of this path.
    async fn walk(
        &self,
        times: Times,
        warm: Warm,
        path: &str,
        read: impl AsyncFn(BootTime, &str) -> Option<(u16, Vec<u8>)>,
    ) -> Counts {
        let schedules = Rc::new(RefCell::new(Schedules::default()));
        let mut counts = Counts::default();
        let mut is_clean = false;
        loop {
            if !is_clean || warm != Warm::All {
                self.reset(times, warm).await;
            } else {
                self.restart(times);
            }
            let (world, walked) = (self.world.clone(), schedules.clone());
            let move_on = move || {
                let (mut world, mut schedules) = (world.borrow_mut(), walked.borrow_mut());
                while let Some(step) = schedules.choose(world.state, times) {
                    world.state = world.state.after(step, times).unwrap();
                    world.take(step);
                }
                world.state
            };
            // The node receives the request at once, which is the hardest case for it.
            let sent = move_on();
            let barrier_is_over = sent.barrier_is_over();
            schedules
                .borrow_mut()
                .seen
                .push(Seen::Sent { barrier_is_over });
            let began = self.world.borrow().clock.now();
            let walked = schedules.clone();
            let hook = Hook::set(move |before| {
                let seen = Seen::of(move_on(), before);
                walked.borrow_mut().seen.push(seen);
            });
            let response = read(began, path).await;
            drop(hook);
            let is_shown = match (response, self.world.borrow().database.subject) {
                (None, _) => false,
                (Some((status, body)), Subject::Model) => {
                    let named = b"\"own\"";
                    status == 200 && body.windows(named.len()).any(|part| part == named)
                }
                // Any other refusal reveals that the key is valid.
                (Some((status, _)), Subject::Key) => !matches!(status, 401 | 503),
            };
            let released = self.world.borrow().state;
            counts.schedules += 1;
            if is_shown {
                let schedule = || format!("{:?}", schedules.borrow().chosen);
                assert!(
                    !barrier_is_over,
                    "sent after the barrier, in {sent:?}, and released in {released:?}: {}",
                    schedule()
                );
                assert!(
                    released.committed.is_none_or(|end| released.now < end),
                    "sent in {sent:?}, and released late, in {released:?}: {}",
                    schedule()
                );
                counts.shown += 1;
                counts.shown_after_commit += usize::from(released.committed.is_some());
                counts.shown_after_barrier += usize::from(released.barrier_is_over());
            }
            is_clean = !released.applied;
            if !schedules.borrow_mut().advance() {
                return counts;
            }
        }
    }

    pub(super) async fn walk_the_fast_path(&self, times: Times, path: &str) -> Counts {
        let request: Request = self.request(path).to_request();
        self.walk(times, Warm::All, path, async |began, _| {
            let fields = Fields::of(request.head());
            let read = read_from_memory(&self.services, began, &fields, &request)?;
            let response = read.into_inner().response;
            Some((
                response.status().as_u16(),
                bytes(response.into_body()).await,
            ))
        })
        .await
    }

    pub(super) async fn walk_the_handlers(&self, times: Times, warm: Warm, path: &str) -> Counts {
        let application = App::new()
            .app_data(self.services.clone())
            .configure(|config| routes::configure(config, true));
        let application = init_service(application).await;
        self.walk(times, warm, path, async |_, path| {
            let request = self.request(path).to_request();
            let response = actix_web::test::call_service(&application, request).await;
            let status = response.status().as_u16();
            Some((status, bytes(response.into_body()).await))
        })
        .await
    }
}

async fn bytes(body: impl MessageBody + 'static) -> Vec<u8> {
    let body: BoxBody = body.boxed();
    to_bytes(body).await.unwrap().to_vec()
}
