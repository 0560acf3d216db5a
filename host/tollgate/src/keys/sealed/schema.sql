-- One row: which store this is.
CREATE TABLE store (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id BLOB NOT NULL,               -- 16 random bytes; never changes
    key_id TEXT NOT NULL,           -- of the key that all below is sealed with; changes with a rotation
    nonce BLOB NOT NULL,            -- of the table of contents
    contents BLOB NOT NULL          -- sealed: each secret's highest version, and whether it is live
) STRICT;

-- A row for each version of each secret. All but the last three stays as it is, but for a rotation and a deletion.
CREATE TABLE secrets (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,       -- from 1, without gaps, also after a deletion
    nonce BLOB NOT NULL,
    sealed BLOB NOT NULL,           -- the value, bound to store, key, name, version and created_at
    key_id TEXT NOT NULL,           -- of the key that it is sealed with: for people, nothing decides by it
    note TEXT,                      -- at most 100 characters, in the clear
    created_at INTEGER NOT NULL,    -- this and all times: milliseconds since 1970, UTC
    created_by TEXT,                -- this and all that follow: an actor's id; NULL: anonymous
    updated_at INTEGER NOT NULL,
    updated_by TEXT,
    deleted_at INTEGER,             -- NULL: live
    deleted_by TEXT,
    last_used_at INTEGER,           -- NULL: never
    last_used_by TEXT,
    last_used_for TEXT,             -- a purpose; NULL: none
    UNIQUE (name, version)
) STRICT;
