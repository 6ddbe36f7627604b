-- One row: the revision of the newest event. Whoever changes anything updates it first, and so waits for its turn.
CREATE TABLE catalog (
    singleton INTEGER NOT NULL PRIMARY KEY CHECK (singleton = 1),
    revision  INTEGER NOT NULL
) STRICT;

INSERT INTO catalog (singleton, revision) VALUES (1, 0);

-- The log: what changed, in the order of the commits, without gaps. Rows are only ever added.
CREATE TABLE events (
    revision        INTEGER NOT NULL PRIMARY KEY,
    occurred_at     INTEGER NOT NULL,
    actor           TEXT    NOT NULL, -- a key's id, or `command_line`, or `first_start`
    type            TEXT    NOT NULL, -- such as `model.deleted`
    organization_id TEXT,             -- NULL where it concerns all
    subject_id      TEXT    NOT NULL,
    change          TEXT    NOT NULL  -- JSON
) STRICT;

CREATE INDEX events_subject ON events (subject_id, revision);

CREATE TABLE organizations (
    id         TEXT    NOT NULL PRIMARY KEY,
    slug       TEXT    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE projects (
    id              TEXT    NOT NULL PRIMARY KEY,
    organization_id TEXT    NOT NULL REFERENCES organizations (id),
    name            TEXT    NOT NULL,
    is_default      INTEGER NOT NULL CHECK (is_default IN (0, 1)),
    created_at      INTEGER NOT NULL,
    UNIQUE (id, organization_id)
) STRICT;

CREATE UNIQUE INDEX projects_default ON projects (organization_id) WHERE is_default = 1;

CREATE TABLE api_keys (
    id              TEXT    NOT NULL PRIMARY KEY,
    organization_id TEXT    NOT NULL REFERENCES organizations (id),
    project_id      TEXT    NOT NULL,
    name            TEXT    NOT NULL,
    role            TEXT    NOT NULL CHECK (role IN ('reader', 'writer', 'owner')),
    digest          TEXT    NOT NULL UNIQUE, -- SHA-256 of the secret, in hexadecimal; the secret itself is nowhere
    redacted_value  TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER,
    revoked_at      INTEGER,
    FOREIGN KEY (project_id, organization_id) REFERENCES projects (id, organization_id)
) STRICT;

CREATE INDEX api_keys_organization ON api_keys (organization_id);

-- `scope` is `public` or the id of the organization whose model it is.
CREATE TABLE models (
    scope           TEXT    NOT NULL,
    id              TEXT    NOT NULL,
    organization_id TEXT REFERENCES organizations (id),
    created         INTEGER NOT NULL,
    owned_by        TEXT    NOT NULL,
    shutdown_date   TEXT,
    PRIMARY KEY (scope, id),
    CHECK (scope = COALESCE(organization_id, 'public'))
) STRICT;
