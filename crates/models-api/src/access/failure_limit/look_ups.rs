//! The look-ups that addresses beyond the limit share: each address has a queue, and the queues take turns.
//!
//! So a client that sends one incorrect key after another waits for itself, and hardly holds up the others.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::sleep_until;

/// Wakes a request: its look-up may begin.
type Waiter = oneshot::Sender<()>;

/// The look-ups that wait.
pub(super) struct LookUps {
    /// The time between two look-ups.
    interval: Duration,
    /// The most requests that wait.
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
            most: usize::try_from(longest_wait.as_nanos() / interval.as_nanos()).unwrap_or(1),
            waiting: Arc::default(),
        }
    }

    /// Waits for the turn of a request from this address. The error is the time after which the client may try
    /// again: too many wait, and no address has more of them than this one.
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
        turn.await.map_err(|_dropped| self.longest_wait())
    }

    fn longest_wait(&self) -> Duration {
        self.interval * u32::try_from(self.most).unwrap_or(u32::MAX)
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
        let mut waiting = lock(&served.waiting);
        // A client that has gone takes nobody's turn.
        let woken = std::iter::from_fn(|| waiting.pop()).find_map(|waiter| waiter.send(()).ok());
        if woken.is_some() {
            waiting.next = Some(Instant::now() + interval);
        } else {
            waiting.is_served = false;
            drop(waiting);
            served.has_ended = true;
        }
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

    #[tokio::test]
    async fn look_ups_are_spaced_and_a_flood_from_one_address_refuses_its_own() {
        // 1,000 a second, of which 50 may wait.
        let look_ups = Arc::new(LookUps::new(1_000, Duration::from_millis(50)));
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
            refused += usize::from(request.await.unwrap() == Err(Duration::from_millis(50)));
        }
        assert!((100..=150).contains(&refused), "{refused} of 200");
        // The first goes at once; 50 behind it and the other address's one take a millisecond each.
        assert!(began.elapsed() >= Duration::from_millis(50));
        // The task has ended, and the next request begins anew.
        assert_eq!(wait(1).await.unwrap(), Ok(()));
    }
}
