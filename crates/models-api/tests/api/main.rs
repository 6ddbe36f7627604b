//! Tests of the API: HTTP to the real application on a free port, on both databases.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "tests print the number of cases")]

mod administration;
mod authorization;
mod connection;
mod contract;
mod nodes;
mod routes;
mod service;

macro_rules! on_both_databases {
    ($($folder:ident::$subject:ident { $($check:ident)* })*) => {
        mod sqlite {
            $(mod $subject { $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $check() {
                    crate::$folder::$subject::$check(crate::service::TestService::on_sqlite().await).await;
                }
            )* })*
        }
        mod postgres {
            $(mod $subject { $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $check() {
                    crate::$folder::$subject::$check(crate::service::TestService::on_postgres().await).await;
                }
            )* })*
        }
    };
}

on_both_databases! {
    authorization::requests {
        a_call_is_allowed_with_the_identity_of_the_key
        the_model_is_found_in_each_kind_of_body
        a_body_that_cannot_be_read_whole_is_refused
        a_get_that_announces_a_body_gets_its_response_at_once
        all_sources_must_agree
        a_preflight_needs_a_key
        a_body_without_a_valid_key_is_not_read
    }
    authorization::decisions {
        a_call_is_allowed_exactly_if_the_model_is_listed
        a_call_needs_the_scope_for_requests
    }
    authorization::access {
        only_gateways_send_authorization_requests
        the_listener_has_the_routes_of_gateways_alone
        a_key_may_be_in_the_place_of_another_provider
    }
    administration::admin_api_keys {
        an_admin_key_is_created_shown_once_and_revoked
        an_admin_key_that_revokes_itself_changes_nothing_more
        an_admin_key_lives_for_at_most_a_year
        each_kind_of_key_is_refused_on_the_routes_of_the_other
        a_setting_turns_the_administration_off
    }
    administration::projects {
        a_project_is_created_renamed_and_archived
        the_default_project_stays_as_it_is
    }
    administration::api_keys {
        a_key_is_listed_with_its_owner_and_revoked
        scopes_grant_and_refuse
        the_lifetime_of_a_key_begins_with_the_request
    }
    administration::service_accounts {
        an_account_is_created_with_a_key_and_deleted_with_its_keys
        an_account_without_a_role_can_do_nothing
        a_key_never_has_more_than_its_account
    }
    administration::model_permissions {
        narrowing_a_policy_hides_models_at_once
        a_policy_has_at_most_10_000_entries_of_256_bytes
    }
    administration::paging {
        pages_return_each_object_once_and_in_order
        pages_return_each_object_once_under_concurrent_changes
    }
    administration::creators {
        no_sequence_of_calls_raises_a_key_above_its_creator
    }
    administration::audit_logs {
        a_change_is_listed_with_its_actor_its_values_and_its_request
        changes_by_keys_and_on_the_command_line_are_listed
        a_setting_leaves_the_addresses_of_clients_out
        events_of_newer_versions_are_listed_without_values
    }
    administration::audit_policies {
        the_values_of_policies_are_listed
        an_administrator_sees_no_id_of_the_organizations_policies
    }
    administration::audit_queries {
        the_parameters_select_entries
        pages_continue_in_both_directions_while_the_log_grows
        an_organization_learns_nothing_about_the_log_of_another_one
    }
    administration::isolation {
        every_route_responds_alike_to_foreign_and_missing_ids
        a_foreign_cursor_is_an_empty_page
    }
    administration::bodies {
        an_invalid_body_is_a_400_and_changes_nothing
        a_chunked_body_is_read_up_to_its_limit
        the_response_to_a_refused_request_with_a_body_arrives
    }
    routes::listing {
        the_list_is_whole_and_sorted_and_has_each_id_once
        a_tenant_sees_its_own_models_and_the_public_ones
        every_role_may_list
        head_responds_like_get_without_the_body
    }
    connection::limits {
        a_repeated_incorrect_key_does_not_delay_other_clients_of_its_address
        a_valid_key_from_an_address_beyond_the_limit_is_delayed_and_not_refused
        look_ups_that_would_wait_too_long_are_refused
        a_request_beyond_the_limit_is_refused_at_once
        a_request_that_takes_too_long_is_a_503
        a_head_longer_than_the_limit_is_a_431
        an_idle_connection_is_closed
        slow_readers_are_disconnected
        a_connection_beyond_the_limit_waits_for_another_to_close
    }
    routes::revisions {
        only_visible_changes_move_the_revision_token
        every_node_meets_a_demand_for_a_revision
        an_invalid_revision_token_is_a_400_and_one_of_another_epoch_demands_the_newest
        many_demands_for_the_newest_revision_succeed
        a_change_of_an_administrator_has_a_revision_that_other_nodes_meet
    }
    routes::reads {
        both_read_paths_respond_alike
        last_uses_of_keys_are_recorded_when_the_node_stops
        a_list_is_sent_in_a_coding_that_the_client_accepts
    }
    routes::registration {
        a_writer_registers_a_model_and_reads_it_at_once
        a_fine_tuned_model_gets_a_new_id
        a_registration_says_what_is_wrong
        a_policy_and_public_models_limit_registrations
        a_renamed_organization_renames_the_owner_of_its_models
        an_update_may_name_the_validator
        a_registration_is_read_from_another_node_with_its_revision
    }
    routes::retrieval {
        a_model_is_retrieved_whole
        slashes_in_an_id_may_be_raw_or_encoded
        a_foreign_model_and_a_missing_one_have_the_same_response
        the_history_of_a_foreign_model_does_not_change_the_response_time
        malformed_ids_are_a_404
        stored_ids_with_invisible_characters_stay_usable
        exactly_the_listed_models_are_retrievable
    }
    routes::deletion {
        an_owner_deletes_a_model_of_its_organization
        refusals_follow_the_order_of_the_contract
        an_empty_id_neither_lists_nor_deletes
        a_repeated_deletion_succeeds_again_on_any_node
        deleting_an_own_model_reveals_the_public_one_with_the_same_id
    }
    connection::pipelines {
        requests_behind_a_closing_response_are_not_executed
        pipelined_requests_get_responses_in_their_order
        a_half_closed_peer_gets_every_response
        the_response_to_a_refused_body_arrives
    }
    connection::upgrades {
        an_upgrade_is_ignored
        an_upgrade_in_pieces_closes_the_connection
    }
    contract::table {
        every_row_of_the_contract_has_its_response
    }
    contract::headers {
        every_response_has_the_contracts_headers
        request_ids_of_gateways_and_clients_are_accepted_or_refused
        a_setting_ignores_organization_headers
    }
    routes::cors {
        without_origins_responses_have_no_cors_headers
        configured_origins_may_read_every_response
        a_preflight_allows_configured_origins_only
    }
    routes::matrix {
        every_route_grants_access_as_the_table_says
    }
    nodes::changes {
        a_model_deleted_on_one_node_is_deleted_on_every_node
        a_key_that_another_process_revoked_is_refused_at_once
        an_organization_that_another_process_deleted_is_gone_at_once
        a_key_that_was_missing_for_a_while_is_accepted_again
        without_the_barrier_a_node_shows_a_deleted_model
        the_barrier_waits_for_the_lease_of_a_silent_node
        a_node_without_its_row_drops_its_caches
        a_deletion_changes_views_in_memory_without_a_load
        a_restriction_made_on_one_node_is_enforced_on_every_node
        projects_with_equal_policies_share_a_view
    }
    connection::probes {
        every_probe_has_its_expected_responses
        a_slow_head_is_a_408
    }
    nodes::operations {
        health_is_served_on_the_operations_listener_only
        a_body_or_an_upgrade_closes_an_operations_connection
        responses_are_counted_by_route_and_not_by_tenant
        the_contents_of_the_catalog_are_counted
        a_stopping_service_is_not_ready_and_serves_until_the_drain_delay_ends
        a_node_below_the_catalogs_level_is_not_ready_and_reports_the_needed_level
        an_unknown_event_makes_a_node_drop_its_caches
    }
    contract::properties {
        every_error_has_the_envelope_for_random_requests
        listed_models_are_retrievable_in_random_catalogs
        listed_models_are_retrievable_under_random_policies
    }
    connection::stopping {
        requests_in_flight_get_responses_when_the_service_stops
        no_response_is_cut_off_when_the_service_stops
    }
    routes::validators {
        a_representation_that_the_client_has_is_not_sent_again
        validators_depend_on_content_alone_on_every_node
        a_long_list_arrives_whole
    }
    contract::strict_client {
        async_openai_reads_every_response
    }
    routes::guidance {
        the_root_describes_the_service
        the_operations_listener_has_an_index_and_refuses_other_methods
        an_unknown_path_has_a_hint
        a_refused_head_and_a_refused_browser_learn_the_setting
        pages_of_extensions_and_applications_can_be_allowed
    }
    contract::faults {
        a_faulty_row_is_a_500_and_an_unreachable_store_is_a_503
        a_panic_in_a_handler_is_a_500_and_the_process_continues
        a_key_beyond_its_rate_limit_is_a_429_with_retry_after
    }
    contract::errors {
        every_error_has_the_envelope
        a_key_that_is_revoked_or_expired_is_refused
        organization_and_project_headers_must_match_the_key
        the_scheme_is_case_insensitive_and_the_token_may_hold_spaces
    }
}
