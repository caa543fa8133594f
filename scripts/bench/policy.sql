-- A tenant with 1,000 users, 20 roles and 100 permissions a role, for the
-- measurements of docs/performance.md. {now} is the database's present time.
INSERT INTO organizations (name, name_key, kind, license_status, policy_revision, created_at, updated_at)
VALUES ('Bench', 'bench', 'tenant', 'active', 1, {now}, {now});

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 110)
INSERT INTO permissions (name, created_at) SELECT 'bench.permission.' || i, {now} FROM n;

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
INSERT INTO roles (organization_id, name, name_key, created_at, updated_at)
SELECT organization_id, 'bench-' || i, 'bench-' || i, {now}, {now}
FROM n, organizations WHERE organizations.name_key = 'bench';

INSERT INTO roles (organization_id, name, name_key, system_role, created_at, updated_at)
SELECT organization_id, 'member', 'member', 'member', {now}, {now}
FROM organizations WHERE name_key = 'bench';

INSERT INTO role_permissions (organization_id, role_id, permission_id, created_at)
SELECT r.organization_id, r.role_id, p.permission_id, {now}
FROM roles r JOIN organizations o ON o.organization_id = r.organization_id, permissions p
WHERE o.name_key = 'bench' AND r.name_key LIKE 'bench-%' AND p.name LIKE 'bench.permission.%'
  AND (p.permission_id + r.role_id) % 11 <> 0;

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
INSERT INTO users (organization_id, username, username_key, first_name, status, created_at, updated_at)
SELECT organization_id, 'bench-user-' || i, 'bench-user-' || i, 'Bench', 'active', {now}, {now}
FROM n, organizations WHERE organizations.name_key = 'bench';

INSERT INTO user_contacts (user_id, email, email_key)
SELECT user_id, username || '@example.com', username || '@example.com'
FROM users WHERE username_key LIKE 'bench-user-%';

INSERT INTO user_roles (organization_id, user_id, role_id, assigned_at)
SELECT u.organization_id, u.user_id, r.role_id, {now}
FROM users u JOIN roles r ON r.organization_id = u.organization_id
WHERE u.username_key LIKE 'bench-user-%' AND r.name_key LIKE 'bench-%' AND r.role_id % 20 = u.user_id % 20;
