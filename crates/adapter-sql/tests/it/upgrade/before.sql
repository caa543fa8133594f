-- An installation in use, as the schema was after m20261124_000009, on either
-- database. {bytes:..} and {uuid:..} are values in hexadecimal digits. Ids that
-- no statement gives are given by the database: those of organizations start
-- at 3 (after Default Organization and RootOrg), all others at 1.

INSERT INTO organizations (name, name_key, kind, purchase_date, license_status, self_registration,
    allowed_email_domains, policy_revision, created_at, updated_at)
VALUES ('Acme', 'acme', 'tenant', '2026-01-01', 'active', TRUE, '["example.com"]', 7,
        '2026-01-01T00:00:00+00:00', '2026-02-01T00:00:00.500+00:00'),
    ('Globex', 'globex', 'tenant', NULL, 'suspended', FALSE, '[]', 1,
        '2026-01-02T00:00:00+00:00', '2026-01-02T00:00:00+00:00');
UPDATE organizations SET bootstrapped_at = '2026-01-01T00:00:00+00:00' WHERE kind = 'root';

INSERT INTO users (organization_id, username, username_key, password_hash, first_name, middle_name,
    last_name, date_of_birth, gender, nationality, profile_img_url, status, last_login,
    created_at, updated_at)
VALUES (2, 'root', 'root', '$argon2id$root', 'Ro', NULL, NULL, NULL, NULL, NULL, NULL, 'active', NULL,
        '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00'),
    (3, 'Ana', 'ana', '$argon2id$ana', 'Ana', 'María', 'O''Neill; --', '1990-02-30', 'female',
        'Österreich', 'https://example.com/ana.png', 'active', '2026-03-01T08:00:00.123456+00:00',
        '2026-01-03T00:00:00+00:00', '2026-03-01T00:00:00+00:00'),
    (3, 'bea', 'bea', '$2b$bea', 'Bea', NULL, NULL, NULL, NULL, NULL, NULL, 'inactive', NULL,
        '2026-01-04T00:00:00+00:00', '2026-02-04T00:00:00+00:00'),
    (4, 'cyd', 'cyd', NULL, 'Cyd', NULL, NULL, NULL, 'other', NULL, NULL, 'active', NULL,
        '2026-01-05T00:00:00+00:00', '2026-01-05T00:00:00+00:00'),
    (4, 'gone', 'gone', NULL, 'Gone', NULL, NULL, NULL, NULL, NULL, NULL, 'active', NULL,
        '2026-01-06T00:00:00+00:00', '2026-01-06T00:00:00+00:00');

INSERT INTO user_contacts (user_id, email, email_key, email_verified_at, phone_number,
    verified_phone_number, emergency_number, address, street_address, city, state, zip_code, country)
VALUES (1, 'root@example.com', 'root@example.com', NULL, NULL, FALSE, NULL, NULL, NULL, NULL, NULL,
        NULL, NULL),
    (2, 'Ana@Example.com', 'ana@example.com', '2026-01-03T01:00:00+00:00', '+43 1 23', TRUE, '112',
        'Ring 1, Wien', 'Ring 1', 'Wien', 'W', '1010', 'AT'),
    (3, 'bea@example.com', 'bea@example.com', NULL, NULL, FALSE, NULL, NULL, NULL, NULL, NULL, NULL,
        NULL),
    (4, 'cyd@example.com', 'cyd@example.com', NULL, NULL, FALSE, NULL, NULL, NULL, NULL, NULL, NULL,
        NULL);
UPDATE organizations SET owner_id = 2 WHERE name_key = 'acme';
INSERT INTO archived_users (user_id, organization_id, archived_at)
VALUES (3, 3, '2026-02-04T00:00:00+00:00');

INSERT INTO permissions (name, description, created_at)
VALUES ('reports.read', NULL, '2026-01-07T00:00:00+00:00');
INSERT INTO roles (organization_id, name, name_key, description, system_role, created_at, updated_at)
VALUES (3, 'org_3_admin', 'org_3_admin', NULL, 'organization_admin', '2026-01-01T00:00:00+00:00',
        '2026-01-01T00:00:00+00:00'),
    (3, 'Editor', 'editor', 'Writes', NULL, '2026-01-08T00:00:00+00:00',
        '2026-01-08T00:00:00+00:00'),
    (4, 'member', 'member', NULL, 'member', '2026-01-02T00:00:00+00:00',
        '2026-01-02T00:00:00+00:00');
INSERT INTO role_permissions (organization_id, role_id, permission_id, created_at)
SELECT r.organization_id, r.role_id, p.permission_id, '2026-01-08T00:00:00+00:00'
FROM roles r JOIN permissions p ON p.name = 'reports.read' OR p.name LIKE 'user.%'
WHERE r.name_key IN ('org_3_admin', 'editor');

INSERT INTO user_roles (organization_id, user_id, role_id, assigned_at)
SELECT 2, 1, role_id, '2026-01-01T00:00:00+00:00' FROM roles WHERE system_role = 'super_admin';
INSERT INTO user_roles (organization_id, user_id, role_id, assigned_at)
SELECT 3, 2, role_id, '2026-01-09T00:00:00+00:00' FROM roles WHERE name_key = 'editor';
INSERT INTO user_roles (organization_id, user_id, role_id, assigned_at)
SELECT 3, 2, role_id, '2026-01-08T00:00:00+00:00' FROM roles WHERE name_key = 'org_3_admin';
INSERT INTO user_roles (organization_id, user_id, role_id, assigned_at)
SELECT 3, 3, role_id, '2026-01-08T00:00:00+00:00' FROM roles WHERE name_key = 'editor';
INSERT INTO user_roles (organization_id, user_id, role_id, assigned_at)
SELECT 4, 5, role_id, '2026-01-08T00:00:00+00:00' FROM roles
WHERE name_key = 'member' AND organization_id = 4;

INSERT INTO sessions (user_id, organization_id, issued_at, refresh_digest, previous_digest,
    successor_sealed, rotated_at, expires_at, absolute_expires_at, revoked_at, revoke_reason,
    last_refreshed_at, ip_address, user_agent)
VALUES (2, 3, '2026-03-01T08:00:00.123456+00:00', {bytes:0202}, {bytes:0101}, {bytes:5e},
        '2026-03-02T08:00:00+00:00', '2026-03-16T08:00:00+00:00', '2026-05-30T08:00:00+00:00',
        NULL, NULL, '2026-03-02T08:00:00+00:00', '192.0.2.1', 'browser'),
    (2, 3, '2026-02-01T08:00:00+00:00', NULL, NULL, NULL, NULL, '2026-02-02T08:00:00+00:00',
        '2026-02-02T08:00:00+00:00', '2026-02-01T09:00:00+00:00', 'revoked', NULL, '2001:db8::1',
        NULL),
    (3, 3, '2026-02-01T08:00:00+00:00', {bytes:0303}, NULL, NULL, NULL,
        '2026-02-15T08:00:00+00:00', '2026-05-01T08:00:00+00:00', '2026-02-04T00:00:00+00:00',
        'deactivation', NULL, NULL, NULL),
    (1, 2, '2026-03-01T08:00:00+00:00', {bytes:0404}, NULL, NULL, NULL,
        '2026-03-15T08:00:00+00:00', '2026-05-30T08:00:00+00:00', NULL, NULL, NULL, NULL, NULL),
    (5, 4, '2026-03-01T08:00:00+00:00', {bytes:0505}, NULL, NULL, NULL,
        '2026-03-15T08:00:00+00:00', '2026-05-30T08:00:00+00:00', NULL, NULL, NULL, NULL, NULL);
INSERT INTO session_refresh_history (session_id, digest, rotated_at)
VALUES (1, {bytes:0101}, '2026-03-02T08:00:00+00:00'), (1, {bytes:0100}, NULL),
    (3, {bytes:0300}, '2026-02-02T08:00:00+00:00'), (5, {bytes:0500}, NULL);

INSERT INTO one_time_tokens (organization_id, user_id, purpose, digest, email_key, created_at,
    expires_at)
VALUES (3, 2, 'password_reset', {bytes:0606060606060606060606060606060606060606060606060606060606060606},
        'ana@example.com', '2026-03-01T00:00:00+00:00', '2026-03-01T01:00:00+00:00'),
    (4, 4, 'email_verification', {bytes:07}, 'cyd@example.com', '2026-03-01T00:00:00+00:00',
        '2026-03-01T01:00:00+00:00');

INSERT INTO security_alerts (organization_id, user_id, alert_type, alert_message, alert_status,
    created_at, resolved_at)
VALUES (3, 2, 'failed_login', '5 failed sign-ins', 'open', '2026-03-01T00:00:00+00:00', NULL),
    (3, 2, 'suspicious_ip', 'an unknown address', 'resolved', '2026-02-01T00:00:00+00:00',
        '2026-02-02T00:00:00+00:00'),
    (4, 4, 'unusual_activity', 'at night', 'dismissed', '2026-02-01T00:00:00+00:00',
        '2026-02-03T00:00:00+00:00');

INSERT INTO login_activity (organization_id, user_id, login_name_hash, login_timestamp, ip_address,
    device_info, login_success, failed_attempt_count, login_method, login_location)
VALUES (3, 2, NULL, '2026-03-01T08:00:00.123456+00:00', '192.0.2.1', 'browser', TRUE, NULL,
        'standard', 'Wien'),
    (3, 2, NULL, '2026-03-01T07:59:00+00:00', '192.0.2.1', NULL, FALSE, 1, 'standard', NULL),
    (NULL, NULL, {bytes:beef}, '2026-03-01T07:58:00+00:00', '2001:db8::1', NULL, FALSE, NULL,
        'standard', NULL),
    (4, 4, NULL, '2026-03-01T07:57:00+00:00', NULL, NULL, TRUE, NULL, 'sso', NULL),
    (4, 5, NULL, '2026-03-01T07:57:00+00:00', NULL, NULL, TRUE, NULL, 'standard', NULL);

INSERT INTO audit_logs (organization_id, actor_kind, actor_name, actor_user_id,
    actor_organization_id, crossed, action_type, action_description, affected_table,
    affected_row_id, previous_data, new_data, ip_address, request_id, action_timestamp)
VALUES (3, 'user', NULL, 2, 3, FALSE, 'user.update', 'changed a user', 'users', 3,
        '{"status":"active"}', '{"status":"inactive"}', '192.0.2.1', 'r-1',
        '2026-02-04T00:00:00+00:00'),
    (3, 'user', NULL, 1, 2, TRUE, 'organization.update', NULL, 'organizations', 3, NULL, '{}', NULL,
        NULL, '2026-02-01T00:00:00+00:00'),
    (4, 'system', 'retention', NULL, NULL, FALSE, 'user.delete', NULL, 'users', 5,
        '{"username":"gone"}', NULL, NULL, NULL, '2026-03-02T00:00:00+00:00'),
    (2, 'bootstrap', NULL, NULL, NULL, FALSE, 'user.create', NULL, 'users', 1, NULL,
        '{"username":"root"}', '127.0.0.1', 'r-0', '2026-01-01T00:00:00+00:00');

INSERT INTO jobs (kind, subject, request_id, created_at, available_at, attempts)
VALUES ('password_reset', 'ana@example.com', 'r-2', '2026-03-01T00:00:00+00:00',
        '2026-03-01T00:00:00+00:00', 0),
    ('email_verification', 'cyd@example.com', NULL, '2026-03-01T00:00:00+00:00',
        '2026-03-01T00:05:00+00:00', 3),
    ('email_changed', 'old@example.com', 'r-3', '2026-03-01T00:00:01+00:00',
        '2026-03-01T00:00:01+00:00', 1);

INSERT INTO outbox_aggregates (aggregate_kind, aggregate_id, last_sequence)
VALUES ('user', 2, 3), ('organization', 3, 1);
INSERT INTO outbox_events (event_id, aggregate_kind, aggregate_id, sequence, exchange, event_type,
    organization_id, actor_id, request_id, occurred_at, payload, attempts, available_at, sent_at,
    dead_at, last_error)
VALUES ({uuid:0190a000000070008000000000000001}, 'user', 2, 1, 'audit.events', 'user.created', 3, 1,
        'r-4', '2026-01-03T00:00:00+00:00', '{"user_id":2}', 1, '2026-01-03T00:00:00+00:00',
        '2026-01-03T00:00:01+00:00', NULL, NULL),
    ({uuid:0190a000000070008000000000000002}, 'user', 2, 2, 'security.events', 'auth.login', 3, 2,
        NULL, '2026-03-01T08:00:00+00:00', '{}', 9, '2026-03-01T08:00:00+00:00', NULL,
        '2026-03-01T09:00:00+00:00', 'refused'),
    ({uuid:0190a000000070008000000000000003}, 'user', 2, 3, 'security.events', 'auth.logout', 3,
        NULL, NULL, '2026-03-01T08:01:00+00:00', '{}', 0, '2026-03-01T08:01:00+00:00', NULL, NULL,
        NULL),
    ({uuid:0190a000000070008000000000000004}, 'organization', 3, 1, 'audit.events',
        'organization.updated', 3, 1, 'r-5', '2026-02-01T00:00:00+00:00', '{"name":"Acme"}', 0,
        '2026-02-01T00:00:00+00:00', NULL, NULL, NULL);

-- The last number of many tables was given once; it is not given again.
DELETE FROM users WHERE username_key = 'gone';
