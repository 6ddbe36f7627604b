use std::sync::{Arc, Mutex};

use models_core::{Epoch, Position};

use super::*;
use crate::fake::{EPOCH, Fake, Fault, LEASE, OTHER_EPOCH};
use crate::nodes::observer::{Observer, ObserverSlot};

const MILLISECOND: Duration = Duration::from_millis(1);
/// The lease that nodes may hold while their rows cannot be read.
const UNKNOWN: Duration = Duration::from_secs(15);

fn nodes(fake: &Arc<Fake>) -> Nodes {
    Nodes::with_clock(fake.clone(), fake.clock.clone().into())
}

/// Waits at the barrier for revision 7, and returns the time that it took.
async fn wait(nodes: &Nodes) -> Duration {
    let began = Instant::now();
    let position = Position {
        epoch: Epoch(EPOCH.to_owned()),
        revision: Revision(7),
    };
    let lease = UNKNOWN;
    nodes.wait(Committed { position, lease }).await;
    began.elapsed()
}

fn after(time: Duration, work: impl FnOnce() + Send + 'static) {
    tokio::spawn(async move {
        sleep(time).await;
        work();
    });
}

#[tokio::test(start_paused = true)]
async fn a_barrier_does_not_wait_if_each_node_has_applied_the_revision() {
    let fake = Fake::new();
    assert_eq!(wait(&nodes(&fake)).await, Duration::ZERO);
    fake.add_row("node_a", EPOCH, 7, LEASE);
    fake.add_row("node_b", EPOCH, 8, LEASE);
    assert_eq!(wait(&nodes(&fake)).await, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_barrier_ends_soon_after_the_last_node_has_applied_the_revision() {
    let fake = Fake::new();
    fake.add_row("node_a", EPOCH, 6, LEASE);
    fake.add_row("node_b", EPOCH, 6, LEASE);
    for (id, time) in [("node_a", 200), ("node_b", 700)] {
        let fake = fake.clone();
        after(time * MILLISECOND, move || {
            fake.add_row(id, EPOCH, 7, LEASE);
        });
    }
    let waited = wait(&nodes(&fake)).await;
    let within = 700 * MILLISECOND..=700 * MILLISECOND + LONGEST_PAUSE;
    assert!(within.contains(&waited), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_barrier_waits_for_a_node_that_is_cut_off_for_its_lease_and_the_margin() {
    let fake = Fake::new();
    fake.add_row("node_a", EPOCH, 6, LEASE);
    assert_eq!(wait(&nodes(&fake)).await, LEASE + CLOCK_MARGIN);
    // The node may renew its row as often as it likes.
    let renewing = tokio::spawn({
        let fake = fake.clone();
        async move {
            loop {
                sleep(100 * MILLISECOND).await;
                fake.state()
                    .rows
                    .values_mut()
                    .for_each(|row| row.renewal += 1);
            }
        }
    });
    assert_eq!(wait(&nodes(&fake)).await, LEASE + CLOCK_MARGIN);
    renewing.abort();
}

#[tokio::test(start_paused = true)]
async fn a_barrier_waits_for_the_longest_lease_and_removes_expired_nodes_meanwhile() {
    let fake = Fake::new();
    fake.add_row("node_a", EPOCH, 6, LEASE);
    fake.add_row("node_b", EPOCH, 6, 3 * LEASE);
    let ids = Arc::new(Mutex::new(vec![]));
    let (watched, seen) = (fake.clone(), ids.clone());
    after(2 * LEASE, move || *seen.lock().unwrap() = watched.ids());
    assert_eq!(wait(&nodes(&fake)).await, 3 * LEASE + CLOCK_MARGIN);
    assert_eq!(*ids.lock().unwrap(), ["node_b"]);
}

#[tokio::test(start_paused = true)]
async fn a_barrier_that_cannot_read_the_rows_waits_for_the_longest_possible_lease() {
    let fake = Fake::new();
    fake.fail(Fault::Rows);
    assert_eq!(wait(&nodes(&fake)).await, UNKNOWN + CLOCK_MARGIN);
    // The barrier has read rows before.
    fake.mend(Fault::Rows);
    fake.add_row("node_a", EPOCH, 6, LEASE);
    let cut_off = fake.clone();
    after(LEASE, move || cut_off.fail(Fault::Rows));
    assert_eq!(wait(&nodes(&fake)).await, UNKNOWN + CLOCK_MARGIN);
    // The rows can be read again.
    let back = fake.clone();
    after(LEASE, move || {
        back.mend(Fault::Rows);
        back.state().rows.clear();
    });
    let waited = wait(&nodes(&fake)).await;
    assert!(waited <= LEASE + LONGEST_PAUSE, "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn rows_are_compared_with_the_epoch_of_the_server_that_is_read() {
    let fake = Fake::new();
    fake.add_row("node_a", OTHER_EPOCH, 7, LEASE);
    assert_eq!(
        wait(&nodes(&fake)).await,
        LEASE + CLOCK_MARGIN,
        "a node in another epoch is behind"
    );
    fake.state().read_epoch = OTHER_EPOCH;
    assert_eq!(
        wait(&nodes(&fake)).await,
        FIRST_PAUSE,
        "a standby has taken over, and the node is in its epoch"
    );
}

#[tokio::test(start_paused = true)]
async fn a_barrier_waits_for_its_own_node_before_it_reads_any_row() {
    let fake = Fake::new();
    let nodes = nodes(&fake);
    nodes.published.send_replace(Some(Revision(6)));
    let (done, published) = (fake.clone(), nodes.published.clone());
    after(20 * MILLISECOND, move || {
        done.state().journal.push("published".to_owned());
        published.send_replace(Some(Revision(7)));
    });
    assert_eq!(wait(&nodes).await, 20 * MILLISECOND);
    assert_eq!(fake.take_journal(), ["published", "list rows"]);
    // The local node may be cut off, so the barrier does not wait for it for long.
    nodes.published.send_replace(Some(Revision(6)));
    assert_eq!(wait(&nodes).await, LONGEST_PAUSE);
    // A process without a node does not wait at all.
    nodes.published.send_replace(None);
    assert_eq!(wait(&nodes).await, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn barriers_that_wait_at_the_same_time_share_their_reads() {
    let fake = Fake::new();
    fake.add_row("node_a", EPOCH, 6, LEASE);
    let nodes = nodes(&fake);
    wait(&nodes).await;
    let alone = fake.take_journal().len();
    let barriers: Vec<_> = (0..100)
        .map(|_| {
            let nodes = nodes.clone();
            tokio::spawn(async move { wait(&nodes).await })
        })
        .collect();
    for barrier in barriers {
        assert_eq!(barrier.await.unwrap(), LEASE + CLOCK_MARGIN);
    }
    let together = fake.take_journal().len();
    assert!(
        together < 5 * alone,
        "{together} reads, {alone} of one barrier"
    );
}

#[tokio::test(start_paused = true)]
async fn barriers_end_in_time_although_reads_are_slow() {
    let fake = Fake::new();
    fake.add_row("node_a", EPOCH, 6, LEASE);
    // A read takes longer than the pause between two reads.
    let slow = 6 * LONGEST_PAUSE;
    fake.state().rows_take = slow;
    let nodes = nodes(&fake);
    let barriers: Vec<_> = (0..100)
        .map(|_| {
            let nodes = nodes.clone();
            tokio::spawn(async move { wait(&nodes).await })
        })
        .collect();
    for barrier in barriers {
        let waited = barrier.await.unwrap();
        assert!(waited <= LEASE + CLOCK_MARGIN + 2 * slow, "{waited:?}");
    }
    // No read ends in time.
    fake.state().rows_take = 1_000 * UNKNOWN;
    assert_eq!(wait(&nodes).await, UNKNOWN + CLOCK_MARGIN);
}

#[tokio::test(start_paused = true)]
async fn a_barrier_waits_for_a_lease_longer_than_expected_although_reads_hang() {
    let long = 3 * UNKNOWN;
    let fake = Fake::new();
    fake.add_row("node_a", EPOCH, 6, long);
    let slow = fake.clone();
    after(LEASE, move || slow.state().rows_take = 2 * UNKNOWN);
    assert_eq!(wait(&nodes(&fake)).await, long + CLOCK_MARGIN);
}

/// The reports to an observer.
#[derive(Default)]
struct Reports {
    waited: Mutex<Vec<Duration>>,
    still_waiting: Mutex<Vec<(Option<Vec<String>>, Duration)>>,
}

impl Observer for Reports {
    fn waited_for_nodes(&self, duration: Duration) {
        self.waited.lock().unwrap().push(duration);
    }

    fn still_waiting_for_nodes(&self, nodes: Option<&[String]>, at_most: Duration) {
        let nodes = nodes.map(<[String]>::to_vec);
        self.still_waiting.lock().unwrap().push((nodes, at_most));
    }

    fn dropped_everything(&self) {}
}

#[tokio::test(start_paused = true)]
async fn the_observer_gets_each_wait_and_one_report_of_a_long_one() {
    let fake = Fake::new();
    let (nodes, reports) = (nodes(&fake), Arc::new(Reports::default()));
    nodes.observe(reports.clone());
    wait(&nodes).await;
    assert!(reports.still_waiting.lock().unwrap().is_empty());
    fake.add_row("node_a", EPOCH, 6, LEASE);
    wait(&nodes).await;
    fake.fail(Fault::Rows);
    wait(&nodes).await;
    let waits = [Duration::ZERO, LEASE + CLOCK_MARGIN, UNKNOWN + CLOCK_MARGIN];
    assert_eq!(*reports.waited.lock().unwrap(), waits);
    let still_waiting = reports.still_waiting.lock().unwrap();
    let [(known, left), (unknown, longer)] = &still_waiting[..] else {
        panic!("{still_waiting:?}");
    };
    assert_eq!(known.as_deref(), Some(&["node_a".to_owned()][..]));
    assert_eq!(*unknown, None);
    let second = Duration::from_secs(1);
    for (left, lease) in [(*left, LEASE), (*longer, UNKNOWN)] {
        let end = (lease + CLOCK_MARGIN).saturating_sub(second);
        assert!(
            (end.saturating_sub(LONGEST_PAUSE)..=end).contains(&left),
            "{left:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_report_of_a_long_wait_names_no_nodes_if_their_rows_cannot_be_read() {
    let fake = Fake::new();
    let (nodes, reports) = (nodes(&fake), Arc::new(Reports::default()));
    nodes.observe(reports.clone());
    fake.add_row("node_a", EPOCH, 6, LEASE);
    let cut_off = fake.clone();
    after(500 * MILLISECOND, move || cut_off.fail(Fault::Rows));
    wait(&nodes).await;
    let still_waiting = reports.still_waiting.lock().unwrap();
    let names: Vec<_> = still_waiting.iter().map(|(names, _)| names).collect();
    assert_eq!(names, [&None]);
}

#[test]
fn a_wait_of_a_second_is_reported_once() {
    let (slot, reports) = (ObserverSlot::default(), Arc::new(Reports::default()));
    slot.set(reports.clone());
    let mut progress = Progress::default();
    let second = Duration::from_secs(1);
    let count = |waited| {
        progress.tell(&slot, waited, LEASE);
        reports.still_waiting.lock().unwrap().len()
    };
    let just_less = second.saturating_sub(Duration::from_nanos(1));
    let times = [just_less, second, 2 * second].map(count);
    assert_eq!(times, [0, 1, 1]);
}
