//! What users are found and sorted by in the list of an organization.
//!
//! Each word that a user is found by is a row, so that one index serves the
//! search inside one organization and no other tenant's rows are looked at.
//! Triggers write the rows: the release before this one writes users too while
//! it still runs. Names are compared as the database's `lower` has them, which
//! on SQLite leaves letters outside ASCII as they are.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::dialect::script;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SCHEMA: &str = "
CREATE TABLE user_search_terms (
    organization_id {bigint} NOT NULL,
    term text {bytewise} NOT NULL,
    user_id {bigint} NOT NULL,
    source text NOT NULL,
    CONSTRAINT user_search_terms_pkey PRIMARY KEY (organization_id, term, user_id, source),
    CONSTRAINT user_search_terms_user_id_fkey
        FOREIGN KEY (organization_id, user_id)
        REFERENCES memberships (organization_id, user_id) ON DELETE CASCADE,
    CONSTRAINT user_search_terms_source_check
        CHECK (source IN ('username', 'first_name', 'last_name', 'email'))
) {strict};

CREATE INDEX user_search_terms_user_id_idx ON user_search_terms (user_id, source);
CREATE INDEX users_organization_id_created_at_idx
    ON users (organization_id, created_at, user_id);
CREATE INDEX users_organization_id_username_key_idx
    ON users (organization_id, username_key {bytewise}, user_id);
";

// PostgreSQL runs triggers by name: `users_home_membership` makes the row that
// the terms refer to before `users_search_terms` runs. SQLite looks at
// references once the whole statement is over.
const TERMS_OF_USERS: &str = "
INSERT INTO user_search_terms (organization_id, term, user_id, source)
SELECT organization_id, username_key, user_id, 'username' FROM users {of}
UNION ALL SELECT organization_id, lower(first_name), user_id, 'first_name' FROM users {of}
UNION ALL SELECT organization_id, lower(last_name), user_id, 'last_name' FROM users {of_named};
";

const TERMS_OF_CONTACTS: &str = "
INSERT INTO user_search_terms (organization_id, term, user_id, source)
SELECT u.organization_id, c.email_key, u.user_id, 'email'
FROM user_contacts c JOIN users u ON u.user_id = c.user_id {of_contact};
";

const TRIGGERS_POSTGRES: &str = "
CREATE FUNCTION users_search_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM user_search_terms WHERE user_id = NEW.user_id AND source <> 'email';
    {users}
    RETURN NULL;
END
$$;
CREATE FUNCTION user_contacts_search_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM user_search_terms WHERE user_id = NEW.user_id AND source = 'email';
    {contacts}
    RETURN NULL;
END
$$;
CREATE TRIGGER users_search_terms
    AFTER INSERT OR UPDATE OF username_key, first_name, last_name ON users
    FOR EACH ROW EXECUTE FUNCTION users_search_terms();
CREATE TRIGGER user_contacts_search_terms AFTER INSERT OR UPDATE OF email_key ON user_contacts
    FOR EACH ROW EXECUTE FUNCTION user_contacts_search_terms();
";

const TRIGGERS_SQLITE: &str = "
CREATE TRIGGER users_search_terms_insert AFTER INSERT ON users BEGIN
    {users}
END;
CREATE TRIGGER users_search_terms_update
    AFTER UPDATE OF username_key, first_name, last_name ON users BEGIN
    DELETE FROM user_search_terms WHERE user_id = NEW.user_id AND source <> 'email';
    {users}
END;
CREATE TRIGGER user_contacts_search_terms_insert AFTER INSERT ON user_contacts BEGIN
    {contacts}
END;
CREATE TRIGGER user_contacts_search_terms_update
    AFTER UPDATE OF email_key ON user_contacts BEGIN
    DELETE FROM user_search_terms WHERE user_id = NEW.user_id AND source = 'email';
    {contacts}
END;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let triggers = match manager.get_database_backend() {
            DbBackend::Sqlite => TRIGGERS_SQLITE,
            _ => TRIGGERS_POSTGRES,
        };
        let users = TERMS_OF_USERS
            .replace("{of}", "WHERE user_id = NEW.user_id")
            .replace(
                "{of_named}",
                "WHERE user_id = NEW.user_id AND last_name IS NOT NULL",
            );
        let contacts = TERMS_OF_CONTACTS.replace("{of_contact}", "WHERE c.user_id = NEW.user_id");
        let triggers = triggers
            .replace("{users}", users.trim())
            .replace("{contacts}", contacts.trim());
        script(manager, SCHEMA).await?;
        // Making the triggers waits for the transactions that write users, so
        // no user comes between them and the rows of those who are there.
        script(manager, &triggers).await?;
        let users = TERMS_OF_USERS
            .replace("{of}", "")
            .replace("{of_named}", "WHERE last_name IS NOT NULL");
        script(manager, &users).await?;
        script(manager, &TERMS_OF_CONTACTS.replace("{of_contact}", "")).await
    }
}
