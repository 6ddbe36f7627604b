//! Turns: pipelining connections of a worker are served in turn, one request at a time.
//!
//! A pipelining client has sent its next request before it reads a response. If each response woke the task of its
//! connection at once, a thousand such connections would fill the worker's queue of tasks. A client that waits for each
//! response would then wait for all of them each time. So the worker wakes one pipelining connection, then runs all other
//! ready tasks, and then wakes the next.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// The queue of a worker's pipelining connections.
#[derive(Clone, Default)]
pub(crate) struct Turns(Rc<Queue>);

#[derive(Default)]
struct Queue {
    waiting: RefCell<VecDeque<(Turn, Waker)>>,
    is_served: Cell<bool>,
}

/// The turn of one connection, for one request.
#[derive(Clone, Default)]
pub(super) struct Turn(Rc<Cell<bool>>);

impl Turn {
    pub(super) fn has_come(&self) -> bool {
        self.0.get()
    }
}

impl Turns {
    /// Queues a connection, unless it already waits for a turn. The turn wakes its task.
    pub(super) fn queue_once(&self, turn: &mut Option<Turn>, task: &Waker) {
        // A turn that has come has already woken the task, maybe before the request that is queued now.
        if turn.as_ref().is_none_or(Turn::has_come) {
            *turn = Some(self.queue(task));
        }
    }

    fn queue(&self, task: &Waker) -> Turn {
        let turn = Turn::default();
        let waiting = (turn.clone(), task.clone());
        self.0.waiting.borrow_mut().push_back(waiting);
        if !self.0.is_served.replace(true) {
            actix_web::rt::spawn(serve(Served(self.0.clone())));
        }
        turn
    }
}

/// The queue while a task serves it.
struct Served(Rc<Queue>);

impl Drop for Served {
    fn drop(&mut self) {
        self.0.is_served.set(false);
    }
}

/// Wakes one connection after another until none waits.
async fn serve(queue: Served) {
    loop {
        let next = queue.0.waiting.borrow_mut().pop_front();
        let Some((turn, task)) = next else { return };
        turn.0.set(true);
        task.wake();
        go_behind().await;
    }
}

/// Lets other ready tasks run first. `yield_now` would also poll the sockets each time.
async fn go_behind() {
    let mut is_behind = false;
    poll_fn(|context| {
        if is_behind {
            return Poll::Ready(());
        }
        is_behind = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use actix_web::rt::{Runtime, spawn};

    use super::*;

    /// Plays a connection with this many requests, and records each turn.
    async fn pipeline(name: u32, requests: u32, turns: Turns, served: Rc<RefCell<Vec<u32>>>) {
        for _ in 0..requests {
            let mut turn = None;
            poll_fn(|context| {
                let turn = turn.get_or_insert_with(|| turns.queue(context.waker()));
                if turn.has_come() {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
            served.borrow_mut().push(name);
        }
    }

    #[test]
    fn connections_take_turns_and_other_tasks_run_between_two_turns() {
        Runtime::new().unwrap().block_on(async {
            let (turns, served) = (Turns::default(), Rc::new(RefCell::new(vec![])));
            let tasks: Vec<_> = (1..=3)
                .map(|name| spawn(pipeline(name, 2, turns.clone(), served.clone())))
                .collect();
            let log = served.clone();
            let other = spawn(async move {
                for _ in 0..2 {
                    go_behind().await;
                }
                log.borrow_mut().push(0);
            });
            for task in tasks.into_iter().chain([other]) {
                task.await.unwrap();
            }
            let served = served.take();
            let of_pipelines: Vec<_> = served.iter().copied().filter(|name| *name > 0).collect();
            assert_eq!(of_pipelines, [1, 2, 3, 1, 2, 3]);
            assert_ne!(
                served.last(),
                Some(&0),
                "the other task waited for all turns: {served:?}"
            );
        });
    }

    #[test]
    fn a_connection_waits_for_one_turn_at_a_time() {
        Runtime::new().unwrap().block_on(async {
            let (turns, mut turn) = (Turns::default(), None);
            for _ in 0..3 {
                turns.queue_once(&mut turn, Waker::noop());
            }
            assert_eq!(turns.0.waiting.borrow().len(), 1);
            while !turn.as_ref().is_some_and(Turn::has_come) {
                go_behind().await;
            }
            turns.queue_once(&mut turn, Waker::noop());
            assert_eq!(turns.0.waiting.borrow().len(), 1);
        });
    }

    #[test]
    fn a_closed_connection_does_not_delay_others() {
        Runtime::new().unwrap().block_on(async {
            let (turns, served) = (Turns::default(), Rc::new(RefCell::new(vec![])));
            drop(turns.queue(Waker::noop()));
            pipeline(1, 1, turns.clone(), served.clone()).await;
            assert_eq!(served.take(), [1]);
            // The task that served the queue has ended, and the next connection starts another.
            tokio::task::yield_now().await;
            pipeline(2, 1, turns, served.clone()).await;
            assert_eq!(served.take(), [2]);
        });
    }
}
