//! The contract of the traits of `models-core`, checked on both databases. A check is written once,
//! against the traits. A check that is not listed below is dead code, and that is a compile error.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod administration;
mod api_keys;
mod copies;
mod counts;
mod deadlines;
mod deletions;
mod events;
mod fixtures;
mod imports;
mod models;
mod nodes;
mod opening;
mod organizations;
mod registrations;

use std::time::Duration;

use models_node::Nodes;
use models_store::{Options, open};
use test_database::TestDatabase;

use administration::{
    admin_keys, organization_deletions, policies, project_keys, project_pages, projects,
    service_accounts, settings, tenants,
};
use events::{audit, revisions};
use imports::concurrent as concurrent_imports;

pub const OPTIONS: Options = Options {
    max_connections: 4,
    connect_timeout: Duration::from_secs(10),
    lease: Duration::from_secs(3),
    create: true,
};

/// A store whose barrier waits for the nodes.
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
        a_refused_insertion_is_rolled_back_completely
        only_an_empty_catalog_is_filled_in_one_transaction
        organizations_are_listed_by_slug
    }
    counts {
        valid_keys_and_present_objects_are_counted
        the_revision_of_an_organization_is_that_of_its_newest_event
    }
    api_keys {
        a_key_is_found_by_its_id
        revoked_and_expired_keys_are_found_by_their_digest
        is_any_counts_revoked_keys
        a_secret_can_be_inserted_once
        a_key_belongs_to_a_project_of_its_organization
        keys_are_listed_by_creation_for_all_or_for_one_organization
        a_key_is_revoked_once
        a_missing_key_cannot_be_revoked
        the_latest_use_of_a_key_is_recorded_without_an_event
    }
    models {
        models_are_listed_by_creation_and_then_by_the_bytes_of_the_id
        two_tenants_with_the_same_id_do_not_see_each_other
        an_import_is_idempotent_and_reports_its_changes
        an_import_fills_in_missing_fields
        an_import_into_a_missing_organization_adds_nothing
        a_dry_run_reports_the_same_and_changes_nothing
        a_shutdown_date_stays_until_an_import_sets_another
        progress_is_reported_for_every_entry
        any_text_is_stored_unchanged
    }
    imports {
        random_imports_match_their_resolved_entries
        each_change_has_one_event_in_the_order_of_the_entries
        a_repeated_id_is_refused
        a_panicking_import_leaves_nothing
        an_import_that_changes_nothing_takes_no_turn
    }
    concurrent_imports {
        an_import_into_an_organization_that_is_deleted_meanwhile_adds_nothing
        an_import_into_an_organization_that_is_renamed_meanwhile_adds_nothing
        a_staging_import_delays_no_other_change
        models_that_change_during_staging_are_compared_again
        readers_see_all_of_an_import_or_nothing
        the_log_of_concurrent_imports_replays_to_the_catalog
    }
    revisions {
        candidates_have_the_revisions_of_their_newest_changes
        the_token_secret_of_a_catalog_is_constant
    }
    deletions {
        an_owner_deletes_only_its_own_models
        a_revoked_or_expired_key_deletes_nothing
        concurrent_deletions_succeed_once
        an_operator_deletes_within_one_scope
        a_repeated_deletion_succeeds_for_a_minute_for_the_same_key
        a_key_does_not_pass_for_another_actor
        a_key_deletes_nothing_after_its_revocation
    }
    registrations {
        a_writer_registers_models_of_its_organization
        a_policy_denies_registrations
        a_minted_id_is_repeated_for_a_minute_for_the_same_key
        concurrent_registrations_of_one_id_create_one_model
        an_update_changes_the_named_fields_under_a_condition
        a_revoked_key_registers_nothing
        an_operator_registers_in_any_scope
    }
    events {
        every_mutation_appends_its_event_and_takes_the_next_revision
        a_mutation_without_a_change_is_not_logged
        concurrent_mutations_get_revisions_without_gaps
        a_dropped_caller_cancels_no_mutation
        events_are_listed_in_pages
    }
    audit {
        an_entry_has_the_actor_the_circumstances_and_the_project
        the_lists_of_a_query_select_entries
        an_entry_has_the_short_policies_that_the_change_names
        pages_of_the_audit_log_go_in_both_directions
        the_old_beginning_of_the_log_is_removed
        a_long_log_is_removed_in_pieces
    }
    projects {
        a_project_is_inserted_renamed_and_archived
        archived_projects_are_listed_on_request
        an_id_of_a_project_is_used_once
        the_default_project_is_neither_renamed_nor_archived
        an_archived_project_stays_as_it_is
        the_keys_of_an_archived_project_are_suspended
    }
    policies {
        a_policy_is_replaced_and_removed
        a_key_is_found_with_both_policies
        a_new_project_begins_with_the_organizations_policy
        a_key_deletes_no_model_that_a_policy_denies
    }
    service_accounts {
        an_account_is_inserted_with_its_first_key
        an_account_with_a_taken_id_or_key_is_not_inserted
        an_account_belongs_to_a_project_of_its_organization
        a_change_of_the_role_reaches_the_accounts_keys
        an_update_without_a_difference_is_not_logged
        accounts_of_several_organizations_are_inserted_together_or_not_at_all
        a_deleted_account_takes_its_keys_along
    }
    project_keys {
        the_keys_of_a_project_are_listed_with_their_accounts
        scopes_and_expiry_of_a_key_are_changed_together
        an_expired_or_revoked_key_is_not_changed
        a_key_of_a_project_is_revoked
        the_key_of_an_account_without_a_role_has_no_permissions
    }
    admin_keys {
        admin_keys_are_listed_with_creator_and_last_use
        a_revoked_admin_key_leaves_the_keys_that_it_made
        a_secret_belongs_to_one_key_of_either_kind
        an_invalid_admin_key_changes_nothing
        a_disabled_organization_has_no_administrators
        an_admin_key_changes_nothing_after_its_revocation
    }
    settings {
        the_settings_of_an_organization_are_updated_one_by_one
        models_without_another_owner_follow_the_name
        simultaneous_updates_of_different_settings_are_all_kept
        the_keys_of_a_disabled_organization_are_suspended
    }
    organization_deletions {
        a_deletion_removes_all_contents_in_one_change
        many_models_are_renamed_and_deleted_in_pieces
        the_slug_and_the_ids_of_a_deleted_organization_stay_taken
        a_deleted_organization_gets_no_further_contents
    }
    project_pages {
        pages_of_any_size_hold_each_item_once
        a_page_after_an_unknown_or_foreign_id_is_empty
        items_keep_their_places_under_concurrent_inserts
    }
    tenants {
        an_organization_neither_sees_nor_changes_another_one
        a_project_does_not_see_another_one
    }
}
