-- Ids and slugs are ordered by their bytes (COLLATE "C"), whatever the locale of the cluster.

-- One row: the revision of the newest event. Whoever changes anything updates it first, and so waits for its turn.
CREATE TABLE catalog (
    singleton BIGINT NOT NULL PRIMARY KEY CHECK (singleton = 1),
    revision  BIGINT NOT NULL
);

INSERT INTO catalog (singleton, revision) VALUES (1, 0);

-- The log: what changed, in the order of the commits, without gaps. Rows are only ever added.
CREATE TABLE events (
    revision        BIGINT NOT NULL PRIMARY KEY,
    occurred_at     BIGINT NOT NULL,
    actor           TEXT NOT NULL, -- a key's id, or `command_line`, or `first_start`
    type            TEXT NOT NULL, -- such as `model.deleted`
    organization_id TEXT, -- NULL where it concerns all
    subject_id      TEXT NOT NULL,
    change          TEXT NOT NULL  -- JSON
);

CREATE INDEX events_subject ON events (subject_id, revision);

CREATE TABLE organizations (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    slug       TEXT COLLATE "C" NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE projects (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    name            TEXT NOT NULL,
    is_default      BIGINT NOT NULL CHECK (is_default IN (0, 1)),
    created_at      BIGINT NOT NULL,
    UNIQUE (id, organization_id)
);

CREATE UNIQUE INDEX projects_default ON projects (organization_id) WHERE is_default = 1;

CREATE TABLE api_keys (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    project_id      TEXT NOT NULL,
    name            TEXT NOT NULL,
    role            TEXT NOT NULL CHECK (role IN ('reader', 'writer', 'owner')),
    digest          TEXT NOT NULL UNIQUE, -- SHA-256 of the secret, in hexadecimal; the secret itself is nowhere
    redacted_value  TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT,
    revoked_at      BIGINT,
    FOREIGN KEY (project_id, organization_id) REFERENCES projects (id, organization_id)
);

CREATE INDEX api_keys_organization ON api_keys (organization_id);

-- `scope` is `public` or the id of the organization whose model it is.
CREATE TABLE models (
    scope           TEXT COLLATE "C" NOT NULL,
    id              TEXT COLLATE "C" NOT NULL,
    organization_id TEXT REFERENCES organizations (id),
    created         BIGINT NOT NULL,
    owned_by        TEXT NOT NULL,
    shutdown_date   TEXT,
    PRIMARY KEY (scope, id),
    CHECK (scope = COALESCE(organization_id, 'public'))
);
