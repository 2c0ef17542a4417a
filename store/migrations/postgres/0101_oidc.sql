-- OAuth clients. registration is JSON; secret_hash is NULL for public clients.
CREATE TABLE oidc_client (
    id TEXT PRIMARY KEY,
    registration TEXT NOT NULL,
    secret_hash BYTEA,
    secret_method TEXT,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT
);

-- What a person allowed a client: at most one that is not withdrawn.
CREATE TABLE oidc_permission (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES person (id),
    client_id TEXT NOT NULL REFERENCES oidc_client (id),
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    withdrawn_at BIGINT
);
CREATE UNIQUE INDEX oidc_permission_live ON oidc_permission (person_id, client_id)
WHERE withdrawn_at IS NULL;

-- Authorization codes, by hash. authentication is JSON: when, with which factors, which assurance.
CREATE TABLE oidc_code (
    hash BYTEA PRIMARY KEY,
    permission_id TEXT NOT NULL REFERENCES oidc_permission (id),
    client_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    scopes TEXT NOT NULL,
    nonce TEXT,
    challenge TEXT,
    authentication TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    redeemed_at BIGINT,
    family_id TEXT
);
CREATE INDEX oidc_code_expires ON oidc_code (expires_at);
CREATE INDEX oidc_code_permission ON oidc_code (permission_id);

-- Everything issued for one code. session_id is NULL with offline_access.
CREATE TABLE oidc_family (
    id TEXT PRIMARY KEY,
    permission_id TEXT NOT NULL REFERENCES oidc_permission (id),
    client_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    session_id TEXT,
    scopes TEXT NOT NULL,
    authentication TEXT NOT NULL,
    sid TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX oidc_family_expires ON oidc_family (expires_at);
CREATE INDEX oidc_family_permission ON oidc_family (permission_id);

-- Refresh tokens, by hash; the newest generation of a family is the one that is not used.
CREATE TABLE oidc_refresh (
    hash BYTEA PRIMARY KEY,
    family_id TEXT NOT NULL REFERENCES oidc_family (id) ON DELETE CASCADE,
    generation BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE UNIQUE INDEX oidc_refresh_generation ON oidc_refresh (family_id, generation);
CREATE INDEX oidc_refresh_used ON oidc_refresh (used_at) WHERE used_at IS NOT NULL;
