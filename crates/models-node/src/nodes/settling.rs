//! The end of a change of the lease.

use std::time::Duration;

use models_core::{CLOCK_MARGIN, Leases};

use crate::lease::clock::BootTime;

/// The leases in the catalog, and the time at which the node saw them first.
#[derive(Debug, Default)]
pub(crate) struct Settling(Option<(Leases, BootTime)>);

impl Settling {
    /// The previous lease that the catalog must name; `None` if it names that one already.
    pub(crate) fn previous(
        &mut self,
        leases: Leases,
        longest_row: Duration,
        now: BootTime,
    ) -> Option<Duration> {
        let since = match self.0 {
            Some((seen, since)) if seen == leases => since,
            Some(_) | None => now,
        };
        self.0 = Some((leases, since));
        let previous = if now.since(since) > leases.of_barriers() + CLOCK_MARGIN {
            leases.in_force.max(longest_row)
        } else if longest_row > leases.of_barriers() {
            longest_row
        } else {
            leases.previous
        };
        (previous != leases.previous).then_some(previous)
    }
}

#[cfg(test)]
mod tests {
    use models_core::Revision;

    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_change_ends_when_the_longer_lease_has_run_out_and_no_row_names_it() {
        let at = |time: u64| BootTime::START + seconds(1_000 + time);
        for (in_force, before) in [(3, 30), (30, 3)] {
            let leases = Leases {
                in_force: seconds(in_force),
                previous: seconds(before),
                changed_at: Revision(7),
            };
            let mut settling = Settling::default();
            assert_eq!(settling.previous(leases, seconds(3), at(0)), None);
            assert_eq!(settling.previous(leases, seconds(30), at(0)), None);
            assert_eq!(settling.previous(leases, seconds(3), at(30)), None);
            let ended = Some(seconds(in_force));
            assert_eq!(settling.previous(leases, seconds(3), at(31)), ended);
            // Another change starts the wait again.
            let again = Leases {
                changed_at: Revision(9),
                ..leases
            };
            assert_eq!(settling.previous(again, seconds(3), at(32)), None);
        }
    }

    #[test]
    fn a_longer_lease_in_a_row_is_the_previous_lease_until_the_row_is_gone() {
        let leases = Leases {
            in_force: seconds(3),
            previous: seconds(3),
            changed_at: Revision(0),
        };
        let mut settling = Settling::default();
        let now = BootTime::START + seconds(1);
        assert_eq!(settling.previous(leases, seconds(3), now), None);
        assert_eq!(
            settling.previous(leases, seconds(60), now),
            Some(seconds(60))
        );
        let longer = Leases {
            previous: seconds(60),
            ..leases
        };
        assert_eq!(settling.previous(longer, seconds(60), now), None);
        let later = now + seconds(61);
        assert_eq!(settling.previous(longer, seconds(60), later), None);
        assert_eq!(
            settling.previous(longer, seconds(3), later),
            Some(seconds(3))
        );
    }
}
