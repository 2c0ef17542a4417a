-- Questions, receipts, registered matters and the codes people show at counters.
CREATE TABLE proof (
    id TEXT PRIMARY KEY,
    item TEXT NOT NULL,
    item_version BIGINT NOT NULL,
    person_id TEXT NOT NULL REFERENCES person (id),
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    asked_by TEXT NOT NULL,
    matter TEXT NOT NULL,
    purpose BLOB NOT NULL,
    asked_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    decided_at BIGINT,
    text_hash BLOB,
    factors TEXT,
    withdrawn_at BIGINT
);

CREATE INDEX proof_person ON proof (person_id, id);

CREATE INDEX proof_organisation ON proof (organisation_id, id);

CREATE TABLE proof_receipt (
    proof_id TEXT PRIMARY KEY REFERENCES proof (id),
    answer TEXT NOT NULL,
    list_id BIGINT NOT NULL,
    idx BIGINT NOT NULL,
    answered_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    sd_jwt TEXT NOT NULL,
    code TEXT NOT NULL,
    UNIQUE (list_id, idx),
    FOREIGN KEY (list_id, idx) REFERENCES status_entry (list_id, idx)
);

CREATE TABLE matter (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    items TEXT NOT NULL,
    PRIMARY KEY (organisation_id, code)
);

CREATE TABLE show_code (
    hash BLOB PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES person (id),
    expires_at BIGINT NOT NULL,
    redeemed_at BIGINT
);

CREATE INDEX show_code_end ON show_code (expires_at);
