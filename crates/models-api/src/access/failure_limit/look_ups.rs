//! The look-ups that addresses beyond the limit share. Each address has a queue, and the queues take turns.
//!
//! So a client that sends many incorrect keys waits behind its own requests, and hardly delays other addresses.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::{sleep_until, timeout};

/// If the task that wakes requests is late, it catches up for at most this time. A timer is often late by a millisecond
/// or two, which is many look-ups at a high rate. After a longer stall, the rate must not be exceeded for long.
const CATCH_UP: Duration = Duration::from_millis(10);

/// Wakes a waiting request, whose look-up may then begin.
type Waiter = oneshot::Sender<()>;

/// The waiting look-ups and their rate.
pub(super) struct LookUps {
    /// The time between two look-ups.
    interval: Duration,
    /// The longest wait of a request.
    longest_wait: Duration,
    /// The largest number of waiting requests. If all come from one address, none waits longer than `longest_wait`. If
    /// several addresses take turns, the requests of a long queue may wait longer, and are then refused.
    most: usize,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Default)]
struct Waiting {
    /// A queue for each address. The address with the next turn is first. No queue is empty.
    queues: VecDeque<(IpAddr, VecDeque<Waiter>)>,
    /// The time from which the next look-up may begin.
    next: Option<Instant>,
    /// Whether a task wakes the waiting requests.
    is_served: bool,
}

impl LookUps {
    /// Allows this many look-ups a second. No request waits longer than `longest_wait`.
    pub(super) fn new(per_second: u16, longest_wait: Duration) -> Self {
        let per_second = u32::from(per_second.max(1));
        let interval = Duration::from_secs(1) / per_second;
        Self {
            interval,
            longest_wait,
            most: usize::try_from(longest_wait.as_nanos() / interval.as_nanos()).unwrap_or(1),
            waiting: Arc::default(),
        }
    }

    /// Waits for the turn of a request from this address. The error is the time after which the client may retry. It
    /// means that too many requests wait and no address has more of them, or that the turn did not come in time.
    pub(super) async fn wait(&self, address: IpAddr) -> Result<(), Duration> {
        let turn = {
            let mut waiting = self.waiting();
            if waiting.begin_at_once(Instant::now(), self.interval) {
                return Ok(());
            }
            let (waiter, turn) = oneshot::channel();
            waiting.push(address, waiter, self.most);
            if !waiting.is_served {
                waiting.is_served = true;
                let served = Served {
                    waiting: self.waiting.clone(),
                    has_ended: false,
                };
                tokio::spawn(serve(served, self.interval));
            }
            turn
        };
        let turn = timeout(self.longest_wait, turn).await;
        turn.ok().and_then(Result::ok).ok_or(self.longest_wait)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        lock(&self.waiting)
    }
}

impl Waiting {
    /// Begins a look-up if no request waits and the rate allows it now.
    fn begin_at_once(&mut self, now: Instant, interval: Duration) -> bool {
        let is_free = self.queues.is_empty() && self.next.is_none_or(|next| next <= now);
        if is_free {
            self.next = Some(now + interval);
        }
        is_free
    }

    /// Appends a request to the queue of its address. If `most` requests already wait, refuses the newest request of the
    /// longest queue, which may be this request.
    fn push(&mut self, address: IpAddr, waiter: Waiter, most: usize) {
        if self.len() >= most {
            self.remove_closed();
        }
        if self.len() >= most {
            let lengths = self.queues.iter().map(|(_, queue)| queue.len());
            let longest = lengths.max().unwrap_or(0);
            let of_address = self.queues.iter().find(|(of, _)| *of == address);
            if of_address.map_or(0, |(_, queue)| queue.len()) + 1 >= longest {
                return;
            }
            let mut queues = self.queues.iter_mut();
            let refused = queues.find(|(_, queue)| queue.len() == longest);
            refused.and_then(|(_, queue)| queue.pop_back());
        }
        match self.queues.iter_mut().find(|(of, _)| *of == address) {
            Some((_, queue)) => queue.push_back(waiter),
            None => self.queues.push_back((address, VecDeque::from([waiter]))),
        }
    }

    /// Removes the request with the next turn.
    fn pop(&mut self) -> Option<Waiter> {
        let (address, mut queue) = self.queues.pop_front()?;
        let waiter = queue.pop_front();
        if !queue.is_empty() {
            self.queues.push_back((address, queue));
        }
        waiter
    }

    /// Wakes all requests whose look-ups may begin by now. Returns whether others still wait.
    fn wake_due(&mut self, now: Instant, interval: Duration) -> bool {
        let earliest = now.checked_sub(CATCH_UP).unwrap_or(now);
        let mut next = self.next.map_or(now, |next| next.max(earliest));
        while next <= now {
            // A request whose client has disconnected takes no turn.
            let mut waiters = std::iter::from_fn(|| self.pop());
            if waiters.find_map(|waiter| waiter.send(()).ok()).is_none() {
                break;
            }
            next += interval;
        }
        self.next = Some(next);
        self.is_served = !self.queues.is_empty();
        self.is_served
    }

    fn len(&self) -> usize {
        self.queues.iter().map(|(_, queue)| queue.len()).sum()
    }

    /// Removes requests whose clients have disconnected, and empty queues.
    fn remove_closed(&mut self) {
        for (_, queue) in &mut self.queues {
            queue.retain(|waiter| !waiter.is_closed());
        }
        self.queues.retain(|(_, queue)| !queue.is_empty());
    }
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The queues while a task serves them. If the task is dropped, the waiting requests are refused, and the next request
/// starts another task.
struct Served {
    waiting: Arc<Mutex<Waiting>>,
    has_ended: bool,
}

impl Drop for Served {
    fn drop(&mut self) {
        if !self.has_ended {
            let mut waiting = lock(&self.waiting);
            waiting.queues.clear();
            waiting.is_served = false;
        }
    }
}

/// Wakes requests one after another until none waits.
async fn serve(mut served: Served, interval: Duration) {
    while !served.has_ended {
        let next = lock(&served.waiting).next;
        if let Some(next) = next {
            sleep_until(next.into()).await;
        }
        let is_left = lock(&served.waiting).wake_due(Instant::now(), interval);
        served.has_ended = !is_left;
    }
}

#[cfg(test)]
mod tests;
