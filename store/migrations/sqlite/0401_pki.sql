-- Certificate authorities.
CREATE TABLE authority (
    id TEXT PRIMARY KEY,
    key_label TEXT NOT NULL,
    parent_id TEXT,
    certificate BLOB NOT NULL,
    created_at BIGINT NOT NULL
);

-- A row exists before anything is signed: certificate is NULL while a number is only reserved.
-- serial is 32 hexadecimal digits; authority_id may name a root that is still being made.
CREATE TABLE certificate (
    authority_id TEXT NOT NULL,
    serial TEXT NOT NULL,
    profile TEXT NOT NULL,
    subject TEXT NOT NULL,
    certificate BLOB,
    reserved_at BIGINT NOT NULL,
    issued_at BIGINT,
    not_after BIGINT NOT NULL,
    revoked_at BIGINT,
    revocation_reason TEXT,
    PRIMARY KEY (authority_id, serial)
);

CREATE INDEX certificate_revoked ON certificate (authority_id, serial) WHERE revoked_at IS NOT NULL;
CREATE INDEX certificate_unfinished ON certificate (reserved_at)
    WHERE certificate IS NULL AND revoked_at IS NULL;

-- Published revocation lists: the newest of each authority.
CREATE TABLE revocation_list (
    authority_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    der BLOB NOT NULL,
    this_update BIGINT NOT NULL,
    next_update BIGINT NOT NULL,
    PRIMARY KEY (authority_id, number)
);
