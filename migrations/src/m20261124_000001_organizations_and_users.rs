//! Organizations, their users, and how to reach them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::dialect::script;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

// The owner is a user of the organization itself. SQLite takes the circular
// reference in CREATE TABLE and cannot add it later; PostgreSQL the other way
// around.
const OWNER_REFERENCE: &str = "CONSTRAINT organizations_owner_id_fkey \
     FOREIGN KEY (organization_id, owner_id) REFERENCES users (organization_id, user_id)";

const ORGANIZATIONS: &str = "
CREATE TABLE organizations (
    organization_id {identity} CONSTRAINT organizations_pkey PRIMARY KEY {autoincrement},
    name text NOT NULL,
    name_key text NOT NULL,
    kind text NOT NULL,
    owner_id {bigint},
    purchase_date {date},
    license_status text NOT NULL,
    self_registration {boolean} NOT NULL DEFAULT FALSE,
    sso_provisioning {boolean} NOT NULL DEFAULT FALSE,
    allowed_email_domains text NOT NULL DEFAULT '[]',
    policy_revision {bigint} NOT NULL DEFAULT 1,
    bootstrapped_at {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT organizations_name_key_key UNIQUE (name_key),
    CONSTRAINT organizations_name_check CHECK (length(name) BETWEEN 1 AND 100),
    CONSTRAINT organizations_kind_check CHECK (kind IN ('tenant', 'root')),
    CONSTRAINT organizations_license_status_check
        CHECK (license_status IN ('active', 'suspended', 'expired')),
    CONSTRAINT organizations_policy_revision_check CHECK (policy_revision > 0){owner}
) {strict};

CREATE UNIQUE INDEX organizations_root_key ON organizations (kind) WHERE kind = 'root';
CREATE INDEX organizations_owner_id_idx ON organizations (owner_id);
";

const USERS: &str = "
CREATE TABLE users (
    user_id {identity} CONSTRAINT users_pkey PRIMARY KEY {autoincrement},
    organization_id {bigint} NOT NULL,
    username text NOT NULL,
    username_key text NOT NULL,
    password_hash text,
    first_name text NOT NULL,
    middle_name text,
    last_name text,
    date_of_birth text,
    gender text,
    nationality text,
    profile_img_url text,
    status text NOT NULL,
    last_login {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT users_username_key_key UNIQUE (username_key),
    CONSTRAINT users_organization_id_user_id_key UNIQUE (organization_id, user_id),
    CONSTRAINT users_organization_id_fkey
        FOREIGN KEY (organization_id) REFERENCES organizations (organization_id),
    CONSTRAINT users_gender_check CHECK (gender IN ('male', 'female', 'other')),
    CONSTRAINT users_status_check CHECK (status IN ('active', 'inactive')),
    CONSTRAINT users_lengths_check CHECK (
        length(username) <= 128 AND length(password_hash) <= 255
        AND length(first_name) <= 128 AND length(middle_name) <= 128
        AND length(last_name) <= 128 AND length(date_of_birth) <= 32
        AND length(nationality) <= 128 AND length(profile_img_url) <= 255)
) {strict};

CREATE INDEX users_organization_id_status_idx ON users (organization_id, status, user_id);

CREATE TABLE user_contacts (
    user_id {bigint} NOT NULL CONSTRAINT user_contacts_pkey PRIMARY KEY,
    email text NOT NULL,
    email_key text NOT NULL,
    email_verified_at {time},
    phone_number text,
    verified_phone_number {boolean} NOT NULL DEFAULT FALSE,
    emergency_number text,
    address text,
    street_address text,
    city text,
    state text,
    zip_code text,
    country text,
    CONSTRAINT user_contacts_email_key_key UNIQUE (email_key),
    CONSTRAINT user_contacts_user_id_fkey
        FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE,
    CONSTRAINT user_contacts_lengths_check CHECK (
        length(email) <= 255 AND length(phone_number) <= 32
        AND length(emergency_number) <= 32 AND length(address) <= 1000
        AND length(street_address) <= 255 AND length(city) <= 128
        AND length(state) <= 128 AND length(zip_code) <= 16 AND length(country) <= 128)
) {strict};
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let later = manager.get_database_backend() == DbBackend::Postgres;
        let owner = if later {
            String::new()
        } else {
            format!(",\n    {OWNER_REFERENCE}")
        };
        script(manager, &ORGANIZATIONS.replace("{owner}", &owner)).await?;
        script(manager, USERS).await?;
        if later {
            let add = format!("ALTER TABLE organizations ADD {OWNER_REFERENCE}");
            script(manager, &add).await?;
        }
        Ok(())
    }
}
