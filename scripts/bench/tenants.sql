-- 10,000 tenants with 100 users and 3 roles each, for scripts/bench_tenants.py.
-- {now} is the database's present time.
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
INSERT INTO organizations (name, name_key, kind, license_status, policy_revision, created_at, updated_at)
SELECT 'Tenant ' || i, 'tenant ' || i, 'tenant', 'active', 1, {now}, {now} FROM n;

INSERT INTO roles (organization_id, name, name_key, system_role, created_at, updated_at)
SELECT organization_id, 'org_' || organization_id || '_admin', 'org_' || organization_id || '_admin',
    'organization_admin', {now}, {now}
FROM organizations WHERE name_key LIKE 'tenant %';

INSERT INTO roles (organization_id, name, name_key, system_role, created_at, updated_at)
SELECT organization_id, 'member', 'member', 'member', {now}, {now}
FROM organizations WHERE name_key LIKE 'tenant %';

INSERT INTO roles (organization_id, name, name_key, created_at, updated_at)
SELECT organization_id, 'editor', 'editor', {now}, {now}
FROM organizations WHERE name_key LIKE 'tenant %';

INSERT INTO role_permissions (organization_id, role_id, permission_id, created_at)
SELECT r.organization_id, r.role_id, p.permission_id, {now}
FROM roles r JOIN organizations o ON o.organization_id = r.organization_id, permissions p
WHERE o.name_key LIKE 'tenant %' AND p.name NOT LIKE 'platform.%'
  AND (r.system_role = 'organization_admin' OR (p.permission_id + r.role_id) % 3 = 0);

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
INSERT INTO users (organization_id, username, username_key, first_name, status, created_at, updated_at)
SELECT organization_id, 'u' || i || '.' || organization_id, 'u' || i || '.' || organization_id,
    'Bench', 'active', {now}, {now}
FROM organizations, n WHERE organizations.name_key LIKE 'tenant %';

INSERT INTO user_contacts (user_id, email, email_key)
SELECT user_id, username || '@example.com', username || '@example.com'
FROM users WHERE username_key LIKE 'u%.%';

INSERT INTO user_roles (organization_id, user_id, role_id, assigned_at)
SELECT u.organization_id, u.user_id, r.role_id, {now}
FROM users u JOIN roles r ON r.organization_id = u.organization_id
WHERE u.username_key LIKE 'u%.%' AND (r.system_role IS NULL OR u.user_id % 50 = 0)
  AND (r.system_role IS NULL OR r.system_role <> 'member');
