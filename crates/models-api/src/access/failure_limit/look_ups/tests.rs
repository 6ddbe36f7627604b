use std::net::Ipv4Addr;

use super::*;

fn address(number: u32) -> IpAddr {
    Ipv4Addr::from_bits(number).into()
}

/// Queues one request from each of these addresses, in this order. At most `most` may wait.
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

/// Wakes requests until none waits, and returns their order.
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
    // The first address loses its third request, then its second. Then a second request of another address is
    // refused itself.
    let (mut waiting, mut turns) = queue(&[1, 1, 1, 2, 3, 3], 3);
    assert_eq!(served(&mut waiting, &mut turns), [0, 3, 4]);
}

#[test]
fn a_disconnected_client_makes_room() {
    let (mut waiting, mut turns) = queue(&[1, 2], 2);
    drop(turns.remove(0));
    let (waiter, turn) = oneshot::channel();
    waiting.push(address(2), waiter, 2);
    turns.push(turn);
    assert_eq!(served(&mut waiting, &mut turns), [0, 1]);
}

/// Returns how many of 200 requests are woken if the task is late by this time, at 10,000 look-ups a second.
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
fn a_late_timer_is_caught_up_but_not_a_stall() {
    assert_eq!(woken_after(Duration::ZERO), 1);
    assert_eq!(woken_after(Duration::from_millis(1)), 11);
    assert_eq!(woken_after(Duration::from_mins(1)), 101);
}

#[test]
fn idle_time_allows_no_burst() {
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
    // 1,000 look-ups a second; 50 requests may wait, and none of them reaches the longest wait.
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
    // The first look-up begins at once. The 50 behind it and the other address's one take a millisecond each.
    assert!(began.elapsed() >= Duration::from_millis(50));
    // The task that wakes requests has ended, and the next request starts another.
    assert_eq!(wait(1).await.unwrap(), Ok(()));
}
