//! What the traits of `models-core` promise, checked on both databases. A check is written once,
//! against the traits; one that is not listed below is dead code, and that is an error.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod api_keys;
mod deadlines;
mod deletions;
mod events;
mod fixtures;
mod imports;
mod models;
mod nodes;
mod opening;
mod organizations;

use std::time::Duration;

use models_node::Nodes;
use models_store::{Options, open};
use test_database::TestDatabase;

use events::revisions;
use imports::concurrent as concurrent_imports;

pub const OPTIONS: Options = Options {
    max_connections: 4,
    connect_timeout: Duration::from_secs(10),
    lease: Duration::from_secs(3),
    create: true,
};

/// A store whose changes wait for the nodes.
pub type Store = models_store::Store<Nodes>;

async fn open_new(database: &TestDatabase) -> Store {
    open(database.url(), OPTIONS, Nodes::new)
        .await
        .expect("the store opens")
}

macro_rules! on_both_databases {
    ($($noun:ident { $($check:ident)* })*) => {
        mod sqlite {
            $(mod $noun { $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $check() {
                    let database = test_database::TestDatabase::sqlite();
                    crate::$noun::$check(crate::open_new(&database).await).await;
                }
            )* })*
        }
        mod postgres {
            $(mod $noun { $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $check() {
                    let database = test_database::TestDatabase::postgres().await;
                    crate::$noun::$check(crate::open_new(&database).await).await;
                }
            )* })*
        }
    };
}

on_both_databases! {
    organizations {
        an_organization_is_found_with_its_default_project
        a_taken_slug_adds_nothing
        a_refusal_half_way_takes_back_what_was_done
        only_an_empty_catalog_is_filled_and_all_at_once
        organizations_are_listed_by_slug
    }
    api_keys {
        a_key_is_found_by_its_digest_also_when_it_is_revoked_or_expired
        it_is_known_whether_there_is_a_key_at_all
        a_secret_can_be_added_once
        a_key_belongs_to_a_project_of_its_organization
        keys_are_listed_by_creation_for_all_or_for_one_organization
        a_key_is_revoked_once
        a_missing_key_cannot_be_revoked
        the_latest_use_of_a_key_is_recorded_and_is_no_change
    }
    models {
        models_are_listed_by_creation_and_then_by_the_bytes_of_the_id
        two_tenants_may_use_the_same_id_and_never_learn_of_each_other
        an_import_is_idempotent_and_reports_what_it_did
        an_import_fills_in_what_an_entry_does_not_say
        an_import_into_a_missing_organization_adds_nothing
        a_dry_run_reports_the_same_and_changes_nothing
        a_shutdown_date_stays_until_an_import_brings_another
        progress_is_heard_for_every_entry
        any_text_comes_back_as_it_went_in
    }
    imports {
        a_random_import_does_what_its_entries_say
        each_change_has_one_event_in_the_order_of_the_entries
        an_id_that_comes_twice_is_refused
        an_import_that_dies_leaves_nothing
        an_import_that_changes_nothing_takes_no_turn
    }
    concurrent_imports {
        an_import_that_is_being_staged_keeps_nobody_waiting
        what_changes_while_an_import_is_staged_is_compared_again
        readers_see_all_of_an_import_or_nothing
        imports_of_the_same_models_leave_a_log_that_leads_to_the_catalog
    }
    revisions {
        a_view_is_as_new_as_the_newest_change_to_what_is_in_it
        a_catalog_keeps_its_secret
    }
    deletions {
        an_owner_deletes_only_its_own_models
        a_revoked_or_expired_key_deletes_nothing
        a_deletion_happens_once_however_many_ask
        an_operator_deletes_within_one_scope
        a_repeated_deletion_is_answered_again_for_a_minute_to_the_same_key
        nothing_is_deleted_after_the_keys_revocation
    }
    events {
        every_mutation_appends_its_event_and_takes_the_next_revision
        what_changes_nothing_is_not_logged
        concurrent_mutations_get_revisions_without_gaps
        a_caller_that_goes_away_cancels_nothing
        events_are_listed_in_pages
    }
}
