-- Electronic seals. face is JSON, picture its drawing as made, chain a JSON list of hexadecimal DER;
-- mac covers what the row could gain from an edit.
CREATE TABLE esign_seal (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL,
    number TEXT NOT NULL UNIQUE,
    face TEXT NOT NULL,
    picture BYTEA NOT NULL,
    state TEXT NOT NULL,
    key_label TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    chain TEXT NOT NULL,
    valid_until BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    mac BYTEA NOT NULL
);
CREATE INDEX esign_seal_organisation ON esign_seal (organisation_id, id);

-- Applications that may use a seal without a second officer.
CREATE TABLE esign_right (
    client_id TEXT NOT NULL,
    seal_id TEXT NOT NULL REFERENCES esign_seal (id),
    valid_from BIGINT NOT NULL,
    valid_until BIGINT,
    mac BYTEA NOT NULL,
    PRIMARY KEY (client_id, seal_id)
);

-- Uses of seals: outcome is NULL from intent to end, then done, failed or abandoned. A client's
-- idempotency key lives in the row while the output does.
CREATE TABLE esign_sealing (
    id TEXT PRIMARY KEY,
    seal_id TEXT NOT NULL REFERENCES esign_seal (id),
    request_id TEXT,
    purpose TEXT NOT NULL,
    document_hash BYTEA NOT NULL,
    begun_at BIGINT NOT NULL,
    ended_at BIGINT,
    outcome TEXT,
    sealed_hash BYTEA,
    client_id TEXT,
    key_hash BYTEA,
    fingerprint BYTEA,
    output BYTEA,
    output_size BIGINT NOT NULL,
    keep_until BIGINT,
    UNIQUE (client_id, key_hash)
);
CREATE INDEX esign_sealing_open ON esign_sealing (begun_at)
    WHERE outcome IS NULL OR outcome = 'abandoned';
CREATE INDEX esign_sealing_kept ON esign_sealing (keep_until) WHERE keep_until IS NOT NULL;
CREATE INDEX esign_sealing_begun ON esign_sealing (begun_at);

-- Requests of officers. texts and refusal are encrypted under a key that wrapped_key holds.
CREATE TABLE esign_request (
    id TEXT PRIMARY KEY,
    seal_id TEXT NOT NULL REFERENCES esign_seal (id),
    organisation_id TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    wrapped_key BYTEA NOT NULL,
    texts BYTEA NOT NULL,
    document_hash BYTEA NOT NULL,
    size BIGINT NOT NULL,
    format TEXT NOT NULL,
    place TEXT NOT NULL,
    decided_by TEXT,
    decided_at BIGINT,
    refusal BYTEA,
    sealing_id TEXT,
    sealed_at BIGINT,
    expires_at BIGINT NOT NULL
);
CREATE INDEX esign_request_waiting ON esign_request (organisation_id, id) WHERE state = 'waiting';
CREATE INDEX esign_request_asked_by ON esign_request (asked_by, id);
CREATE INDEX esign_request_expires ON esign_request (expires_at);

-- Documents of requests, encrypted; apart, so that lists do not drag them along.
CREATE TABLE esign_document (
    request_id TEXT PRIMARY KEY REFERENCES esign_request (id),
    bytes BYTEA NOT NULL
);
