-- Certificates, status lists and the requests that issued them.
CREATE TABLE status_list (
    id BIGINT PRIMARY KEY,
    entries BIGINT NOT NULL,
    used BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- A row for each place ever taken; places are never given again.
CREATE TABLE status_entry (
    list_id BIGINT NOT NULL REFERENCES status_list (id),
    idx BIGINT NOT NULL,
    value BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (list_id, idx)
);

CREATE INDEX status_entry_set ON status_entry (list_id) WHERE value <> 0;

CREATE TABLE credential (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    holder_id TEXT NOT NULL REFERENCES person (id),
    number TEXT NOT NULL UNIQUE,
    list_id BIGINT NOT NULL,
    idx BIGINT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT,
    sealed BYTEA NOT NULL,
    document BYTEA,
    UNIQUE (list_id, idx),
    FOREIGN KEY (list_id, idx) REFERENCES status_entry (list_id, idx)
);

CREATE INDEX credential_holder ON credential (holder_id, id);

CREATE INDEX credential_organisation ON credential (organisation_id, id);

CREATE TABLE credential_request (
    client TEXT NOT NULL,
    request_key TEXT NOT NULL,
    request_hash BYTEA NOT NULL,
    credential_id TEXT NOT NULL REFERENCES credential (id),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (client, request_key)
);
