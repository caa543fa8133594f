-- What scripts/bench_size.py compares: a user of an organization of ten, and
-- one of an organization of 100,000 who has 100,000 old sessions and signed in
-- from as many addresses. The script made both organizations and their admins;
-- {now} is the database's present time, {past} that of a week ago.
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
INSERT INTO users (organization_id, username, username_key, first_name, status, created_at, updated_at)
SELECT organization_id, 'crowd-' || i, 'crowd-' || i, 'Bench', 'active', {past}, {past}
FROM organizations, n WHERE organizations.name_key = 'large';

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10)
INSERT INTO users (organization_id, username, username_key, first_name, status, created_at, updated_at)
SELECT organization_id, 'few-' || i, 'few-' || i, 'Bench', 'active', {past}, {past}
FROM organizations, n WHERE organizations.name_key = 'small';

INSERT INTO user_contacts (user_id, email, email_key)
SELECT user_id, username || '@example.com', username || '@example.com'
FROM users WHERE username_key LIKE 'crowd-%' OR username_key LIKE 'few-%';

INSERT INTO user_roles (organization_id, user_id, role_id, assigned_at)
SELECT u.organization_id, u.user_id, r.role_id, {past}
FROM users u JOIN roles r ON r.organization_id = u.organization_id AND r.system_role = 'member'
WHERE u.username_key LIKE 'crowd-%' OR u.username_key LIKE 'few-%';

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
INSERT INTO sessions (user_id, organization_id, issued_at, expires_at, absolute_expires_at,
    revoked_at, revoke_reason, ip_address)
SELECT user_id, organization_id, {past}, {past}, {past},
    CASE WHEN i % 2 = 0 THEN {past} END, CASE WHEN i % 2 = 0 THEN 'logout' END, '192.0.2.1'
FROM users, n WHERE username_key = 'large-user';

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
INSERT INTO login_activity (organization_id, user_id, login_timestamp, ip_address, network,
    login_success, login_method)
SELECT organization_id, user_id, {past},
    '10.' || i / 65536 || '.' || i / 256 % 256 || '.' || i % 256,
    -- The service keeps the last 100 networks; what it forgot in one transaction, its scans meet.
    CASE WHEN i > 99900 THEN '10.' || i / 65536 || '.' || i / 256 % 256 || '.' || i % 256 END,
    {true}, 'standard'
FROM users, n WHERE username_key = 'large-user';

UPDATE organizations SET policy_revision = policy_revision + 1 WHERE name_key IN ('small', 'large');
