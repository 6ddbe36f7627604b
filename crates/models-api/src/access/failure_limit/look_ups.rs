//! The look-ups that addresses beyond the limit share: each address has a queue, and the queues take turns.
//!
//! So a client that sends one incorrect key after another waits for itself, and hardly holds up the others.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::{sleep_until, timeout};

/// Of the time that the task which wakes requests is late, so much is made up for. A timer is late by a
/// millisecond or two, which is many look-ups where the rate is high; after a longer stall the rate must not be
/// exceeded for long.
const MADE_UP: Duration = Duration::from_millis(10);

/// Wakes a request: its look-up may begin.
type Waiter = oneshot::Sender<()>;

/// The look-ups that wait.
pub(super) struct LookUps {
    /// The time between two look-ups.
    interval: Duration,
    /// The longest that a request waits.
    longest_wait: Duration,
    /// The most requests that wait. Those of one address alone would wait for `longest_wait` at most; where other
    /// addresses take turns with it, its requests wait for longer than their number says.
    most: usize,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Default)]
struct Waiting {
    /// The address whose turn is next comes first. None of them is empty.
    queues: VecDeque<(IpAddr, VecDeque<Waiter>)>,
    /// When the next look-up may begin.
    next: Option<Instant>,
    /// A task wakes those that wait.
    is_served: bool,
}

impl LookUps {
    /// This many look-ups a second. No request waits for longer than `longest_wait`.
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

    /// Waits for the turn of a request from this address. The error is the time after which the client may try
    /// again: too many wait, and no address has more of them than this one, or the turn has not come in time.
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
    /// Begins a look-up if none waits and the last one began long enough ago.
    fn begin_at_once(&mut self, now: Instant, interval: Duration) -> bool {
        let is_free = self.queues.is_empty() && self.next.is_none_or(|next| next <= now);
        if is_free {
            self.next = Some(now + interval);
        }
        is_free
    }

    /// Puts a request at the end of its address's queue. Where `most` wait already, the newest of the longest
    /// queue is refused; that may be this one.
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

    /// The next request in turn.
    fn pop(&mut self) -> Option<Waiter> {
        let (address, mut queue) = self.queues.pop_front()?;
        let waiter = queue.pop_front();
        if !queue.is_empty() {
            self.queues.push_back((address, queue));
        }
        waiter
    }

    /// Wakes all requests whose look-ups may have begun by now; whether others wait.
    fn wake_due(&mut self, now: Instant, interval: Duration) -> bool {
        let earliest = now.checked_sub(MADE_UP).unwrap_or(now);
        let mut next = self.next.map_or(now, |next| next.max(earliest));
        while next <= now {
            // A request whose client has disconnected is skipped: it takes no turn.
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

    /// Removes requests whose clients have gone, and empty queues.
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

/// The queues while a task serves them. If the task is dropped, all that wait are refused, and the next request
/// begins another.
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

/// Wakes one request after another until none waits.
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
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn address(number: u32) -> IpAddr {
        Ipv4Addr::from_bits(number).into()
    }

    /// One request from each of these addresses, in this order, where at most `most` may wait.
    fn queue(addresses: &[u32], most: usize) -> (Waiting, Vec<oneshot::Receiver<()>>) {
        let mut waiting = Waiting::default();
        let turns = addresses.iter().map(|number| {
            let (waiter, turn) = oneshot::channel();
            waiting.push(address(*number), waiter, most);
            turn
        });
        let turns = turns.collect();
        (waiting, turns)
    }

    /// Which requests are woken, in their order, until none waits.
    fn served(waiting: &mut Waiting, turns: &mut [oneshot::Receiver<()>]) -> Vec<usize> {
        let mut order = vec![];
        while let Some(waiter) = waiting.pop() {
            let _ = waiter.send(());
            let is_woken = |turn: &mut oneshot::Receiver<()>| turn.try_recv().is_ok();
            order.extend(turns.iter_mut().position(is_woken));
        }
        order
    }

    #[test]
    fn addresses_take_turns() {
        let (mut waiting, mut turns) = queue(&[1, 1, 1, 2, 3, 3], 100);
        assert_eq!(served(&mut waiting, &mut turns), [0, 3, 4, 1, 5, 2]);
    }

    #[test]
    fn the_longest_queue_makes_room_for_others() {
        // The third of the first address goes, then the second; the second of another is refused itself.
        let (mut waiting, mut turns) = queue(&[1, 1, 1, 2, 3, 3], 3);
        assert_eq!(served(&mut waiting, &mut turns), [0, 3, 4]);
    }

    #[test]
    fn a_client_that_has_gone_makes_room() {
        let (mut waiting, mut turns) = queue(&[1, 2], 2);
        drop(turns.remove(0));
        let (waiter, turn) = oneshot::channel();
        waiting.push(address(2), waiter, 2);
        turns.push(turn);
        assert_eq!(served(&mut waiting, &mut turns), [0, 1]);
    }

    /// How many of 200 requests are woken so long after the time of the next look-up, at 10,000 a second.
    fn woken_after(late: Duration) -> usize {
        let (mut waiting, mut turns) = queue(&[1; 200], 200);
        let (next, interval) = (Instant::now(), Duration::from_micros(100));
        waiting.next = Some(next);
        assert!(waiting.wake_due(next + late, interval));
        assert!(waiting.next > Some(next + late));
        let woken = turns.iter_mut().filter_map(|turn| turn.try_recv().ok());
        woken.count()
    }

    #[test]
    fn what_a_timer_is_late_is_made_up_for_but_not_a_stall() {
        assert_eq!(woken_after(Duration::ZERO), 1);
        assert_eq!(woken_after(Duration::from_millis(1)), 11);
        assert_eq!(woken_after(Duration::from_mins(1)), 101);
    }

    #[test]
    fn no_burst_follows_an_idle_time() {
        let mut waiting = Waiting::default();
        let (now, interval) = (Instant::now(), Duration::from_millis(1));
        assert!(waiting.begin_at_once(now, interval));
        let later = now + Duration::from_mins(1);
        assert!(waiting.begin_at_once(later, interval));
        assert!(!waiting.begin_at_once(later, interval));
    }

    #[tokio::test]
    async fn a_request_whose_turn_does_not_come_in_time_is_refused() {
        let longest_wait = Duration::from_millis(20);
        let look_ups = LookUps {
            interval: Duration::from_hours(1),
            most: 1,
            ..LookUps::new(1, longest_wait)
        };
        assert_eq!(look_ups.wait(address(1)).await, Ok(()));
        let refused = timeout(Duration::from_secs(30), look_ups.wait(address(1))).await;
        assert_eq!(refused, Ok(Err(longest_wait)));
    }

    #[tokio::test]
    async fn look_ups_are_spaced_and_a_flood_from_one_address_refuses_its_own() {
        // 1,000 a second, of which 50 may wait, and longer than they must.
        let longest_wait = Duration::from_mins(1);
        let look_ups = Arc::new(LookUps {
            most: 50,
            ..LookUps::new(1_000, longest_wait)
        });
        let began = Instant::now();
        let wait = |number| {
            let look_ups = look_ups.clone();
            tokio::spawn(async move { look_ups.wait(address(number)).await })
        };
        let flood: Vec<_> = (0..200).map(|_| wait(1)).collect();
        tokio::task::yield_now().await;
        assert_eq!(wait(2).await.unwrap(), Ok(()));
        let mut refused = 0;
        for request in flood {
            refused += usize::from(request.await.unwrap() == Err(longest_wait));
        }
        assert!((100..=150).contains(&refused), "{refused} of 200");
        // The first goes at once; 50 behind it and the other address's one take a millisecond each.
        assert!(began.elapsed() >= Duration::from_millis(50));
        // The task that wakes requests has ended. The next request starts another.
        assert_eq!(wait(1).await.unwrap(), Ok(()));
    }
}
