-- One row per audit event. entry_hash = SHA-256(salt || canonical event); leaf_index is NULL until
-- the sealer gives the row its place in the log.
CREATE TABLE audit_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    act TEXT NOT NULL,
    actor TEXT NOT NULL,
    subject TEXT,
    outcome TEXT NOT NULL,
    at BIGINT NOT NULL,
    error_id TEXT,
    detail BLOB,
    salt BLOB NOT NULL,
    entry_hash BLOB NOT NULL,
    leaf_index BIGINT
);
CREATE UNIQUE INDEX audit_event_leaf ON audit_event (leaf_index) WHERE leaf_index IS NOT NULL;
CREATE INDEX audit_event_unsealed ON audit_event (id) WHERE leaf_index IS NULL;
CREATE INDEX audit_event_subject ON audit_event (subject) WHERE subject IS NOT NULL;

-- The head of the log: how many leaves, and the root over them.
CREATE TABLE audit_head (
    log BIGINT PRIMARY KEY,
    size BIGINT NOT NULL,
    root BLOB NOT NULL
);

-- Merkle hashes in C2SP tlog-tiles: up to 256 hashes of 32 bytes each.
CREATE TABLE audit_tile (
    level BIGINT NOT NULL,
    position BIGINT NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (level, position)
);

-- Signed notes over heads.
CREATE TABLE audit_checkpoint (
    size BIGINT PRIMARY KEY,
    note TEXT NOT NULL
);

-- The root of the empty log is SHA-256 of nothing (RFC 6962, section 2.1).
INSERT INTO audit_head (log, size, root)
VALUES (1, 0, X'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
