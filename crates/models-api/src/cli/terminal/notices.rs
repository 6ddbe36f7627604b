//! Notices that a command prints to standard error beside its result.

use std::sync::Arc;
use std::time::Duration;

use models_node::Observer;

use super::output::print_message;
use crate::settings::Settings;
use crate::store::Store;

/// A notice names at most this many nodes.
const SHOWN: usize = 5;

/// Prints a notice if a deletion or a revocation waits long at the barrier.
struct Waiting;

impl Observer for Waiting {
    fn waited_for_nodes(&self, _: Duration) {}

    fn still_waiting_for_nodes(&self, nodes: Option<&[String]>, at_most: Duration) {
        print_message(&waiting_text(nodes, at_most));
    }

    fn dropped_everything(&self) {}
}

fn waiting_text(nodes: Option<&[String]>, at_most: Duration) -> String {
    let seconds = at_most.as_secs_f64().ceil();
    let Some(nodes) = nodes else {
        return format!(
            "The change is committed. Failed to read which nodes are running; waiting for at most {seconds} s, until no \
             node can serve an earlier state."
        );
    };
    let count = nodes.len();
    let mut ids = nodes[..count.min(SHOWN)].join(", ");
    if count > SHOWN {
        ids.push_str(", …");
    }
    let which = if count == 1 {
        "1 node that has"
    } else {
        &format!("{count} nodes that have")
    };
    format!(
        "The change is committed. Waiting for at most {seconds} s for {which} not applied it yet: {ids}"
    )
}

/// The warning about an unencrypted connection to another machine.
pub(in crate::cli) const UNENCRYPTED: &str = "the connection to the database is not encrypted, and the server is another machine; \
    set `sslmode=verify-full` and `sslrootcert` in `database.url`";

/// Prints a notice about each long wait from now on.
pub(in crate::cli) fn report_long_waits(store: &Store) {
    store.nodes.observe(Arc::new(Waiting));
}

/// Reports that the command created the database. An operator who mistyped `database.url` sees it here.
pub(in crate::cli) fn report_new_database(store: &Store) {
    if store.is_new && !is_default_database() {
        print_message(&format!(
            "note: created the database {}, which did not exist (setting `database.url`)",
            store.location
        ));
    }
}

fn is_default_database() -> bool {
    let settings = Settings::explain().unwrap_or_default();
    settings
        .iter()
        .any(|setting| setting.key == "database.url" && setting.source == "default")
}

/// Names the database that the command changed.
pub(in crate::cli) fn report_change(store: &Store) {
    print_message(&format!(
        "changed: {} database {}",
        store.kind, store.location
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_of_a_wait_names_the_nodes_and_the_longest_wait() {
        let nodes: Vec<String> = (1..=7).map(|number| format!("node_{number}")).collect();
        let left = Duration::from_millis(13_200);
        for (nodes, expected) in [
            (
                Some(&nodes[..1]),
                "Waiting for at most 14 s for 1 node that has not applied it yet: node_1",
            ),
            (
                Some(&nodes[..]),
                "Waiting for at most 14 s for 7 nodes that have not applied it yet: node_1, node_2, node_3, node_4, node_5, …",
            ),
            (
                None,
                "Failed to read which nodes are running; waiting for at most 14 s, until no node can serve an earlier state.",
            ),
        ] {
            assert_eq!(
                waiting_text(nodes, left),
                format!("The change is committed. {expected}")
            );
        }
    }
}
