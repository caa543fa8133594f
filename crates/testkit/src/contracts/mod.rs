//! Contract suites: every MUST of a port is a case here, and every adapter of
//! the port runs them all.
//!
//! An adapter's test names how a fresh subject is made, once:
//! `store_contract!(crate::fresh)`, and gets one test for each case. A case is
//! an async function of the subject; the list below is what runs.

pub mod alerts;
pub mod audit;
pub mod caches;
pub mod decision_cache;
pub mod inbox;
pub mod job_admin;
pub mod job_signal;
pub mod jobs;
pub mod logins;
pub mod memberships;
pub mod one_time_tokens;
pub mod organizations;
pub mod outbox;
pub mod outbox_admin;
pub mod outbox_relay;
pub mod outbox_signal;
pub mod policies;
pub mod policy_broadcast;
pub mod rate_limiter;
pub mod role_changes;
pub mod roles;
pub mod rotations;
pub mod schedules;
pub mod session_cache;
pub mod sessions;
pub mod token_index;
pub mod transactions;
pub mod user_changes;
pub mod users;

use async_trait::async_trait;
use auth_domain::events::{OutboxAdmin, OutboxRelay, OutboxSignal};
use auth_domain::jobs::{JobAdmin, JobClaims, JobSignal, Schedules};
use auth_domain::organizations::Organization;
use auth_domain::rbac::PolicyStore;
use auth_domain::store::{Store, UnitOfWork};
use auth_domain::users::User;

use crate::builders;

/// A migrated store of a test's own, and a look behind its ports.
#[async_trait]
pub trait StoreSubject: Send + Sync {
    fn store(&self) -> &dyn Store;

    fn policies(&self) -> &dyn PolicyStore;

    fn jobs(&self) -> &dyn JobClaims;

    fn job_admin(&self) -> &dyn JobAdmin;

    fn job_signal(&self) -> &dyn JobSignal;

    fn schedules(&self) -> &dyn Schedules;

    fn relay(&self) -> &dyn OutboxRelay;

    fn outbox_admin(&self) -> &dyn OutboxAdmin;

    fn outbox_signal(&self) -> &dyn OutboxSignal;

    /// The rows of a query on a connection of its own, the columns of each as
    /// text with `|` between them: what was committed, for any reader.
    async fn look(&self, sql: &str) -> Vec<String>;

    /// Runs statements on a connection of its own, past the ports: for rows
    /// that no port writes.
    async fn execute(&self, sql: &str);

    /// Whether any connection of the store is in a transaction right now.
    async fn has_open_transaction(&self) -> bool;

    async fn begin(&self) -> Box<dyn UnitOfWork> {
        self.store().begin().await.unwrap()
    }

    /// A committed organization.
    async fn organization(&self, name: &str) -> Organization {
        let mut tx = self.begin().await;
        let made = tx
            .organizations()
            .insert(&builders::organization(name))
            .await;
        tx.commit().await.unwrap();
        made.unwrap()
    }

    /// A committed user of an organization.
    async fn user(&self, of: &Organization, name: &str) -> User {
        let mut tx = self.begin().await;
        let made = tx.users().insert(&builders::user(of.id, name)).await;
        tx.commit().await.unwrap();
        made.unwrap()
    }
}

/// One test for each case of the suites of the store's ports; `$fresh` is the
/// path of an async function that makes a [`StoreSubject`].
#[macro_export]
macro_rules! store_contract {
    ($fresh:path) => {
        $crate::contract_cases!($fresh, transactions: [
            what_is_committed_is_seen_by_every_reader,
            what_is_rolled_back_never_was,
            what_is_dropped_never_was,
            no_reader_sees_what_is_not_committed,
            a_caller_that_goes_away_while_a_transaction_begins_harms_no_other_caller,
            many_at_once_all_get_their_turn,
        ]);
        $crate::contract_cases!($fresh, organizations: [
            a_migrated_store_has_its_two_organizations_and_is_pristine,
            a_new_organization_is_an_ownerless_closed_tenant_at_revision_1,
            a_name_is_unique_by_its_key,
            an_update_writes_all_but_the_revision,
            an_update_of_nothing_is_stale,
            an_owner_is_a_user_of_the_organization,
            a_page_follows_the_one_before_while_rows_are_inserted,
            the_scope_of_one_lists_that_one,
            a_platform_that_had_a_superuser_is_not_pristine_again,
            a_platform_with_another_tenant_is_not_pristine,
            a_locked_organization_is_read_as_the_transaction_before_left_it,
        ]);
        $crate::contract_cases!($fresh, users: [
            a_new_user_reads_back_as_written,
            a_user_is_found_in_the_own_organization_only,
            a_username_is_unique_by_its_key_over_all_organizations,
            an_address_is_unique_by_its_key_over_all_organizations,
            a_taken_username_is_told_before_a_taken_address,
            a_user_of_no_organization_is_refused,
            one_of_two_users_that_take_a_name_at_once_gets_it,
            credentials_are_found_by_username_or_by_address_never_by_both,
            a_password_of_an_unknown_user_is_stale,
            a_hash_is_upgraded_only_while_the_old_one_stands,
            the_slowest_bcrypt_hash_is_that_of_the_highest_work_factor,
            an_address_is_verified_only_while_it_is_that_one,
            a_sign_in_is_remembered_and_is_no_update,
        ]);
        $crate::contract_cases!($fresh, user_changes: [
            a_user_comes_with_its_roles_the_oldest_first,
            a_list_is_of_one_organization_and_status_by_id,
            a_page_of_users_follows_the_one_before_while_users_join,
            a_list_is_of_users_with_one_of_the_roles,
            a_user_is_found_by_how_a_name_or_the_address_begins,
            users_are_listed_in_each_order_by_pages,
            a_person_reads_back_as_changed,
            a_deactivated_user_is_archived_once_and_one_brought_back_is_not,
            a_contact_reads_back_as_changed,
            another_address_is_not_verified_any_more_and_the_same_one_stays,
            an_address_of_another_user_is_refused,
            a_name_of_another_user_is_refused,
            a_change_of_no_user_or_of_a_foreign_one_is_stale,
        ]);
        $crate::contract_cases!($fresh, memberships: [
            a_user_is_an_active_member_of_the_own_organization_from_the_start,
            a_deactivated_user_is_an_inactive_member_until_it_comes_back,
            a_session_of_a_former_member_is_refused,
            a_role_of_a_former_member_is_refused,
            a_token_of_a_former_member_is_refused,
            an_alert_and_a_sign_in_of_a_former_member_are_refused,
            a_former_member_is_not_the_owner,
            a_membership_that_ends_takes_what_the_user_had_there,
            an_inactive_membership_closes_the_gate,
            an_inactive_user_stays_outside_although_the_membership_is_active,
            a_user_with_an_inactive_membership_decides_and_administrates_nothing,
            a_member_of_two_organizations_acts_in_each_on_its_own,
        ]);
        $crate::contract_cases!($fresh, sessions: [
            live_sessions_are_counted_by_organization,
            an_admission_is_session_user_and_organization_as_they_are_now,
            a_session_of_a_user_of_another_organization_is_refused,
            a_session_is_revoked_once,
            a_session_is_revoked_for_any_reason,
            all_live_sessions_of_a_user_are_revoked_and_no_other,
            the_excepted_session_lives_on,
            live_sessions_are_listed_the_latest_first,
            a_refreshed_session_is_listed_as_it_was_last_used,
            a_page_of_sessions_follows_the_one_before,
            a_session_is_found_by_its_current_refresh_token_only,
            a_locked_caller_is_read_with_roles_and_what_they_grant,
            a_caller_without_roles_and_one_without_session_are_told_apart,
            a_revocation_and_a_locked_caller_come_one_after_the_other,
            sessions_beyond_the_cap_end_the_longest_unused_first,
        ]);
        $crate::contract_cases!($fresh, rotations: [
            a_rotation_keeps_the_old_token_as_the_previous_one,
            only_the_current_token_rotates,
            a_digest_that_was_replaced_is_remembered_for_its_session,
            a_session_knows_the_tokens_that_it_has_and_had,
            a_session_is_held_by_one_transaction_at_a_time,
            rotations_are_counted_from_the_last_one,
            a_reissued_token_is_the_only_one_that_is_good,
            a_token_that_was_reissued_is_remembered_and_is_no_rotation,
            a_reissue_for_no_session_is_stale,
            a_reissue_and_a_rotation_at_once_forget_no_token,
        ]);
        $crate::contract_cases!($fresh, one_time_tokens: [
            a_token_is_taken_as_it_was_stored_and_once,
            a_token_is_taken_for_its_own_purpose_only,
            a_user_has_one_token_of_each_purpose,
            transactions_that_replace_a_token_at_once_leave_one,
            a_token_of_an_unknown_user_is_refused,
            one_of_many_attempts_to_take_a_token_at_once_gets_it,
            a_token_whose_taking_was_rolled_back_is_still_there,
            all_tokens_of_a_user_are_discarded_and_no_other,
        ]);
        $crate::contract_cases!($fresh, jobs: [
            a_job_is_claimed_as_it_was_asked_for,
            a_job_of_a_transaction_that_was_rolled_back_never_was,
            a_claim_gets_jobs_of_its_queues_only,
            the_jobs_that_are_ready_the_longest_come_first,
            jobs_claimed_together_come_in_the_order_they_were_asked_for,
            claims_at_once_get_different_jobs,
            one_of_many_claims_at_once_gets_the_job,
            a_job_whose_lease_has_passed_is_ready_again,
            a_finished_job_is_gone,
            a_job_to_retry_waits_until_that_time_with_its_error,
            a_claim_that_is_over_changes_nothing,
            a_job_that_waits_keeps_others_of_its_key_out,
            of_many_jobs_of_a_key_asked_for_at_once_one_waits,
            a_claimed_or_dead_job_keeps_no_other_out,
            a_job_to_retry_gives_way_to_one_of_its_key_that_waits,
        ]);
        $crate::contract_cases!($fresh, job_admin: [
            a_dead_job_stays_with_its_reason_and_is_not_claimed,
            a_redriven_job_is_as_if_it_was_never_tried,
            dead_jobs_are_redriven_one_by_one_by_queue_or_all,
            a_redriven_job_gives_way_to_one_of_its_key_that_waits,
            jobs_are_listed_by_id_queue_and_state,
            jobs_are_counted_by_queue_and_state,
        ]);
        $crate::contract_cases!($fresh, job_signal: [
            a_commit_with_a_job_wakes_the_runner,
            a_signal_is_kept_for_the_next_wait,
            a_commit_without_a_job_and_a_rollback_wake_nothing,
        ]);
        $crate::contract_cases!($fresh, schedules: [
            a_schedule_is_due_at_once_and_then_when_it_was_completed_for,
            a_schedule_that_was_missed_is_due_since_then,
            of_many_that_claim_a_schedule_at_once_one_gets_it,
            a_run_that_never_ended_is_due_again_after_its_lease,
            a_run_that_failed_is_due_again_when_it_was_put_off_to,
            a_claim_of_a_schedule_that_is_over_changes_nothing,
            schedules_know_nothing_of_each_other,
            a_due_time_more_than_a_period_ahead_is_due,
        ]);
        $crate::contract_cases!($fresh, alerts: [
            a_raised_alert_is_open,
            an_alert_is_of_any_type,
            an_alert_is_raised_again_after_a_while_only,
            alerts_about_others_and_of_other_types_do_not_count,
            of_many_attempts_to_raise_an_alert_at_once_one_does,
            an_alert_about_an_unknown_user_is_refused,
        ]);
        $crate::contract_cases!($fresh, logins: [
            a_sign_in_is_stored_whole,
            an_attempt_at_a_name_without_account_keeps_only_its_hash,
            a_sign_in_of_an_unknown_user_is_refused,
            an_address_that_a_user_signed_in_from_is_familiar,
            an_address_of_ipv6_makes_its_network_familiar,
            the_last_hundred_networks_are_familiar,
            users_that_failed_often_are_found,
            failures_at_names_without_account_do_not_count,
        ]);
        $crate::contract_cases!($fresh, roles: [
            a_raise_adds_one_to_the_revision_and_reads_the_organization,
            raises_at_once_lose_none,
            a_raise_of_no_organization_finds_none,
            a_raise_of_all_adds_one_to_every_revision,
            a_role_name_is_unique_in_its_organization_only,
            a_role_of_no_organization_is_refused,
            a_system_role_is_found_once_it_is_made,
            a_grant_is_kept_once,
            a_grant_to_a_role_of_another_organization_is_refused,
            an_assignment_is_kept_once,
            an_assignment_over_the_border_of_organizations_is_refused,
            the_first_holder_is_the_oldest,
        ]);
        $crate::contract_cases!($fresh, role_changes: [
            a_role_is_found_with_its_permissions_in_its_own_organization_only,
            a_page_of_roles_follows_the_one_before_while_roles_are_made,
            a_role_reads_back_as_changed,
            a_role_is_not_renamed_to_a_name_that_another_has,
            a_change_of_a_role_of_another_organization_is_stale,
            a_deleted_role_takes_its_grants_and_assignments_with_it,
            a_permission_is_granted_once_and_taken_back_once,
            a_grant_over_the_border_or_of_nothing_is_refused,
            a_permission_name_is_unique,
            the_catalogue_is_listed_by_id_with_what_was_added,
            an_added_permission_is_part_of_the_policy,
            a_user_holds_what_all_roles_grant_deactivated_or_not,
            what_holders_hold_is_all_that_they_hold,
            another_admin_is_active_another_and_of_the_organization,
            an_assignment_is_taken_back_once,
            a_role_takes_the_place_of_all_others,
        ]);
        $crate::contract_cases!($fresh, policies: [
            the_rows_of_an_organization_are_its_own,
            the_roles_of_a_user_come_oldest_first,
            the_rows_of_a_user_are_the_part_that_bears_on_it,
            an_unknown_organization_has_no_rows,
            revisions_are_of_those_that_exist,
            revisions_of_very_many_organizations_come_too,
            rows_and_revision_are_of_one_moment,
            an_overview_is_sorted_by_name_and_of_one_organization,
        ]);
        $crate::contract_cases!($fresh, audit: [
            an_entry_has_actor_action_and_origin,
            an_entry_of_the_service_itself_names_the_job,
            an_entry_about_another_organization_is_marked,
        ]);
        $crate::contract_cases!($fresh, outbox: [
            an_event_is_stored_whole,
            events_of_one_aggregate_are_numbered_from_one,
            numbers_have_no_gap_after_a_rollback,
            many_appends_at_once_leave_no_gap_and_no_pair,
        ]);
        $crate::contract_cases!($fresh, outbox_relay: [
            an_event_is_claimed_as_it_was_written_down,
            an_event_that_is_not_committed_is_not_claimed,
            events_of_one_aggregate_are_claimed_one_after_the_other,
            aggregates_that_wait_the_longest_come_first,
            claims_at_once_get_different_aggregates,
            an_event_whose_lease_has_passed_is_claimed_again,
            released_events_are_claimed_again_without_a_failure,
            an_event_to_try_later_holds_up_its_aggregate_only,
            a_stopped_aggregate_waits_for_an_operator_and_others_go_on,
            stopped_aggregates_are_redriven_one_by_one_or_all,
            a_claim_of_events_that_is_over_changes_nothing,
            an_event_that_cannot_be_read_holds_up_its_aggregate_only,
        ]);
        $crate::contract_cases!($fresh, outbox_admin: [
            what_is_unsent_is_listed_by_aggregate,
            the_unsent_events_of_an_aggregate_are_shown_in_order,
            what_is_unsent_is_counted,
        ]);
        $crate::contract_cases!($fresh, outbox_signal: [
            a_commit_with_an_event_wakes_the_relay,
            a_signal_of_events_is_kept_for_the_next_wait,
            jobs_and_events_wake_their_own,
        ]);
        $crate::contract_cases!($fresh, inbox: [
            an_event_is_handled_for_the_first_time_once,
            each_consumer_has_a_first_time,
            what_was_rolled_back_was_not_handled,
            of_many_at_once_one_is_the_first,
            the_first_time_waits_for_a_transaction_that_may_be_undone,
        ]);
    };
}

/// One test for each case of a suite.
#[macro_export]
macro_rules! contract_cases {
    ($fresh:path, $suite:ident: [$($case:ident,)+]) => {
        mod $suite {
            $(#[tokio::test]
            async fn $case() {
                let subject = $fresh().await;
                $crate::contracts::$suite::$case(&subject).await;
            })+
        }
    };
}
