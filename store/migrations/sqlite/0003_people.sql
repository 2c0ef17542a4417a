-- Natural persons. Personal data only encrypted under wrapped_key; look-ups by keyed hash.
CREATE TABLE person (
    id TEXT PRIMARY KEY,
    sub TEXT NOT NULL UNIQUE,
    username TEXT NOT NULL UNIQUE,
    assurance BIGINT NOT NULL,
    wrapped_key BLOB NOT NULL,
    profile BLOB NOT NULL,
    verifier BLOB NOT NULL,
    id_number_hash BLOB UNIQUE,
    phone_hash BLOB,
    disabled_at BIGINT,
    must_change_password BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Roles. organisation_id is '' for roles held in the program as a whole, so that the key is total.
CREATE TABLE role_grant (
    person_id TEXT NOT NULL REFERENCES person (id),
    role TEXT NOT NULL,
    organisation_id TEXT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT,
    mac BLOB NOT NULL,
    PRIMARY KEY (person_id, role, organisation_id)
);

CREATE TABLE organisation (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    credit_code TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    disabled_at BIGINT
);

CREATE TABLE post (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES person (id),
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    department TEXT NOT NULL,
    title TEXT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT
);
CREATE INDEX post_person ON post (person_id);

CREATE TABLE mandate (
    id TEXT PRIMARY KEY,
    agent_id TEXT NOT NULL REFERENCES person (id),
    principal_id TEXT NOT NULL REFERENCES organisation (id),
    scope TEXT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT,
    mac BLOB NOT NULL
);
CREATE INDEX mandate_agent ON mandate (agent_id);

CREATE TABLE session (
    id TEXT PRIMARY KEY,
    token_hash BLOB NOT NULL UNIQUE,
    person_id TEXT NOT NULL REFERENCES person (id),
    factors TEXT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    user_agent TEXT NOT NULL,
    source TEXT NOT NULL
);
CREATE INDEX session_person ON session (person_id) WHERE ended_at IS NULL;
CREATE INDEX session_expires ON session (expires_at);
