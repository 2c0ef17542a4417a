-- Secrets all nodes share, wrapped by the keystore.
CREATE TABLE secret (
    name TEXT PRIMARY KEY,
    wrapped BLOB NOT NULL
);
