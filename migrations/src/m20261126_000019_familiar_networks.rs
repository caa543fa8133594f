//! The last networks that each user signed in from, and what tells how long
//! comparing a password can take.
//!
//! A trigger writes the networks with the sign-in that they come of. The
//! release before names no network while it still runs; its sign-ins make none
//! familiar. Of the sign-ins before, only addresses of IPv4 are taken over: the
//! network of an address of IPv6 is not a prefix of its text.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::dialect::script;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SCHEMA: &str = "
ALTER TABLE login_activity ADD COLUMN network text;

CREATE TABLE familiar_networks (
    organization_id {bigint} NOT NULL,
    user_id {bigint} NOT NULL,
    network text NOT NULL,
    last_sign_in_at {time} NOT NULL,
    CONSTRAINT familiar_networks_pkey PRIMARY KEY (user_id, network),
    CONSTRAINT familiar_networks_user_id_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES memberships (organization_id, user_id) ON DELETE CASCADE
) {strict};

CREATE INDEX familiar_networks_user_id_idx
    ON familiar_networks (organization_id, user_id, last_sign_in_at DESC, network);

INSERT INTO familiar_networks (organization_id, user_id, network, last_sign_in_at)
SELECT organization_id, user_id, ip_address, max(login_timestamp) FROM login_activity
WHERE login_success AND user_id IS NOT NULL AND ip_address NOT LIKE '%:%'
GROUP BY organization_id, user_id, ip_address;

CREATE INDEX users_bcrypt_cost_idx ON users (substr(password_hash, 5, 2))
    WHERE substr(password_hash, 1, 2) = '$2';
";

// A user's sign-ins come one after the other: each locks the user.
const REMEMBER: &str = "
INSERT INTO familiar_networks (organization_id, user_id, network, last_sign_in_at)
VALUES (NEW.organization_id, NEW.user_id, NEW.network, NEW.login_timestamp)
ON CONFLICT (user_id, network) DO UPDATE SET last_sign_in_at = excluded.last_sign_in_at;
DELETE FROM familiar_networks WHERE user_id = NEW.user_id AND network IN (
    SELECT network FROM familiar_networks
    WHERE organization_id = NEW.organization_id AND user_id = NEW.user_id
    ORDER BY last_sign_in_at DESC, network LIMIT {all} OFFSET 100);
";

const TRIGGER_POSTGRES: &str = "
CREATE FUNCTION remember_familiar_network() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {remember}
    RETURN NULL;
END
$$;
CREATE TRIGGER login_activity_familiar_network AFTER INSERT ON login_activity
    FOR EACH ROW
    WHEN (NEW.login_success AND NEW.user_id IS NOT NULL AND NEW.network IS NOT NULL)
    EXECUTE FUNCTION remember_familiar_network();
";

const TRIGGER_SQLITE: &str = "
CREATE TRIGGER login_activity_familiar_network AFTER INSERT ON login_activity
WHEN NEW.login_success AND NEW.user_id IS NOT NULL AND NEW.network IS NOT NULL BEGIN
    {remember}
END;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let (trigger, all) = match manager.get_database_backend() {
            DbBackend::Sqlite => (TRIGGER_SQLITE, "-1"),
            _ => (TRIGGER_POSTGRES, "ALL"),
        };
        let remember = REMEMBER.replace("{all}", all);
        script(manager, SCHEMA).await?;
        script(manager, &trigger.replace("{remember}", remember.trim())).await
    }
}
