//! The service as its clients meet it: HTTP to the real application on a free port, on both
//! databases.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "the counts of what was tried")]

mod connections;
mod contract;
mod cors;
mod deletion;
mod errors;
mod faults;
mod guidance;
mod http;
mod limits;
mod listing;
mod matrix;
mod nodes;
mod openapi;
mod operations;
mod probes;
mod properties;
mod readiness;
mod reads;
mod retrieval;
mod revisions;
mod service;
mod stopping;
mod strict_client;
mod validators;

macro_rules! on_both_databases {
    ($($subject:ident { $($check:ident)* })*) => {
        mod sqlite {
            $(mod $subject { $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $check() {
                    crate::$subject::$check(crate::service::TestService::on_sqlite().await).await;
                }
            )* })*
        }
        mod postgres {
            $(mod $subject { $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $check() {
                    crate::$subject::$check(crate::service::TestService::on_postgres().await).await;
                }
            )* })*
        }
    };
}

on_both_databases! {
    listing {
        the_list_is_whole_ordered_and_holds_each_id_once
        a_tenant_sees_its_own_models_and_the_public_ones
        every_role_may_list
        head_answers_as_get_does_without_the_body
    }
    limits {
        a_client_with_one_incorrect_key_does_not_delay_its_neighbours
        a_correct_key_from_an_address_beyond_the_limit_is_slow_and_not_refused
        look_ups_that_would_wait_too_long_are_refused
        a_request_too_many_is_refused_at_once_and_the_others_are_done
        what_takes_too_long_is_answered_all_the_same
        a_head_may_be_so_long
        an_idle_connection_is_closed
        who_does_not_read_is_left
        a_connection_too_many_waits_for_another_to_close
    }
    revisions {
        a_token_is_moved_by_what_its_holder_may_see_and_nothing_else
        who_asks_for_the_newest_or_for_a_revision_gets_it_on_every_node
        what_is_no_token_is_refused_and_one_of_no_history_asks_for_the_newest
        a_crowd_that_asks_for_the_newest_is_answered
    }
    reads {
        both_ways_answer_alike
        when_a_key_was_last_used_is_recorded_as_the_node_leaves
        a_list_is_sent_in_the_coding_that_the_client_takes
    }
    retrieval {
        a_model_is_retrieved_whole
        slashes_in_an_id_may_be_raw_or_encoded
        a_foreign_model_and_a_missing_one_answer_alike
        the_history_of_a_foreign_model_takes_no_time
        paths_that_are_no_ids_are_not_found
        ids_that_can_no_longer_be_entered_stay_usable
        what_is_listed_is_retrievable_and_the_other_way_round
    }
    deletion {
        an_owner_deletes_a_model_of_its_organization
        the_refusals_come_in_the_contracts_order
        an_empty_id_neither_lists_nor_deletes
        a_deleted_model_shows_the_public_one_of_the_same_id
    }
    connections {
        nothing_behind_a_response_that_closes_is_executed
        pipelined_requests_are_answered_in_their_order
        a_peer_that_sends_no_more_gets_every_response
        the_response_to_a_refused_body_arrives
        an_offer_of_another_protocol_is_ignored
        an_offer_that_comes_in_pieces_closes_the_connection_and_says_so
    }
    contract {
        every_row_of_the_contract_answers_as_written
        every_answer_has_the_contracts_headers
        ids_of_gateways_and_clients_are_taken_or_refused
        organization_headers_may_be_ignored
        an_answered_deletion_is_answered_again_when_it_is_repeated_on_any_node
    }
    cors {
        without_origins_there_is_no_cors
        configured_origins_may_read_every_answer
        a_preflight_tells_configured_origins_what_they_may
    }
    matrix {
        every_route_refuses_and_allows_as_the_table_says
    }
    nodes {
        what_is_deleted_on_one_node_is_gone_on_every_other
        a_key_that_another_process_revoked_is_refused_at_once
        a_key_that_was_missing_for_a_while_is_accepted_again
        without_the_wait_a_node_would_show_what_is_gone
        a_silent_node_is_waited_for_as_long_as_its_lease
        a_node_that_was_taken_out_begins_anew
        a_deletion_changes_what_is_in_memory_and_has_nothing_read_anew
    }
    probes {
        every_probe_is_answered_as_written_down
        a_head_that_is_too_slow_is_told_so
    }
    operations {
        a_service_is_alive_and_ready_and_says_so_elsewhere_than_the_api
        a_body_or_an_offer_closes_the_operations_connection_after_its_response
        what_is_answered_is_counted_by_route_and_never_by_tenant
        a_service_that_is_told_to_stop_is_not_ready_and_answers_for_a_while
        a_node_below_the_catalogs_level_serves_nothing_and_says_which_is_needed
        a_row_that_is_not_understood_empties_the_memory_of_a_node
    }
    properties {
        every_error_is_the_envelope
        listed_is_retrievable_for_random_catalogs_tenants_and_roles
    }
    stopping {
        what_is_in_flight_when_the_service_stops_is_answered
        no_answer_is_cut_off_when_the_service_stops
    }
    validators {
        what_a_client_has_already_is_not_sent_again
        validators_are_the_contents_alone_on_every_node
        a_long_list_arrives_whole
    }
    strict_client {
        async_openai_reads_every_answer
    }
    guidance {
        the_root_says_what_the_service_is
        the_operations_listener_has_an_index_and_knows_its_methods
        a_wrong_path_is_explained
        a_refused_head_and_a_refused_browser_are_told_the_setting
        pages_of_extensions_and_apps_may_be_allowed
    }
    faults {
        a_faulty_row_is_a_fault_and_a_store_out_of_reach_is_overloaded
        a_panic_in_a_handler_is_a_fault_and_the_process_lives
        a_key_that_asks_too_often_is_told_when_to_ask_again
    }
    errors {
        every_failure_has_the_envelope
        a_key_that_is_revoked_or_expired_is_refused
        organization_and_project_headers_must_be_the_keys
        the_scheme_is_case_insensitive_and_the_token_may_hold_spaces
    }
}
