//! What a command says on standard error beside its result.

use std::sync::Arc;
use std::time::Duration;

use models_node::Observer;

use super::output::complain;
use crate::settings::Settings;
use crate::store::Store;

/// How many ids a notice names.
const SHOWN: usize = 5;

/// Says what a deletion or a revocation waits for, if it takes long.
struct Waiting;

impl Observer for Waiting {
    fn waited_for_nodes(&self, _: Duration) {}

    fn still_waiting_for_nodes(&self, nodes: Option<&[String]>, at_most: Duration) {
        complain(&waiting_text(nodes, at_most));
    }

    fn dropped_everything(&self) {}
}

fn waiting_text(nodes: Option<&[String]>, at_most: Duration) -> String {
    let seconds = at_most.as_secs_f64().ceil();
    let Some(nodes) = nodes else {
        return format!(
            "The change is committed. It is not known which nodes are running; waiting for at most {seconds} s, until no \
             node can serve from an earlier state."
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

/// What to do about a connection that everybody on the way can read.
pub(in crate::cli) const UNENCRYPTED: &str = "the connection to the database is not encrypted, and the server is another machine; \
    set `sslmode=verify-full` and `sslrootcert` in `database.url`";

/// From now on, long waits are told of.
pub(in crate::cli) fn tell_of_waits(store: &Store) {
    store.nodes.observe(Arc::new(Waiting));
}

/// Says that the command has made a database, where the operator has said where.
pub(in crate::cli) fn tell_of_new_database(store: &Store) {
    if store.is_new && !is_default_database() {
        complain(&format!(
            "note: there was no database {}; it was created (setting `database.url`)",
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

/// Names the database that the command has changed.
pub(in crate::cli) fn tell_of_change(store: &Store) {
    complain(&format!(
        "changed: {} database {}",
        store.kind, store.location
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_names_the_nodes_and_its_end() {
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
                "It is not known which nodes are running; waiting for at most 14 s, until no node can serve from an earlier state.",
            ),
        ] {
            assert_eq!(
                waiting_text(nodes, left),
                format!("The change is committed. {expected}")
            );
        }
    }
}
