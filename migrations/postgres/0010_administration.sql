-- Projects with policies, service accounts, scopes and admin keys.
--
-- `ordinal` is the revision of the change that made the row, and 0 for rows from before this migration. Lists are in the
-- order of (`ordinal`, `created_at`, `id`), so a row that is made while a client reads page after page comes last.

-- Nobody writes meanwhile. The locks come in the order in which other statements take them, so that none of them and this
-- migration wait for each other.
SELECT revision FROM catalog FOR UPDATE;

LOCK TABLE api_keys, organizations, projects IN ACCESS EXCLUSIVE MODE;

-- All policies that any organization or project has, or had. A policy is JSON, such as
-- {"mode": "allow_list", "model_ids": ["a", "b-*"]}, and can have 10,000 ids. So the other tables and the log hold its digest.
CREATE TABLE policies (
    digest TEXT NOT NULL PRIMARY KEY, -- SHA-256, in hexadecimal
    policy TEXT NOT NULL
);

ALTER TABLE organizations
    ADD COLUMN disabled_at BIGINT,
    ADD COLUMN policy TEXT REFERENCES policies (digest), -- restricts the public models
    ADD COLUMN project_policy TEXT REFERENCES policies (digest); -- what new projects begin with

ALTER TABLE projects
    ADD COLUMN archived_at BIGINT,
    ADD COLUMN policy TEXT REFERENCES policies (digest),
    ADD COLUMN ordinal BIGINT NOT NULL DEFAULT 0;

CREATE INDEX projects_list ON projects (organization_id, ordinal, created_at, id);

CREATE TABLE service_accounts (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL,
    project_id      TEXT NOT NULL,
    name            TEXT NOT NULL,
    role            TEXT NOT NULL CHECK (role IN ('owner', 'member', 'none')),
    created_at      BIGINT NOT NULL,
    deleted_at      BIGINT, -- the row stays, because an id is never used again
    ordinal         BIGINT NOT NULL DEFAULT 0,
    FOREIGN KEY (project_id, organization_id) REFERENCES projects (id, organization_id)
);

CREATE INDEX service_accounts_list ON service_accounts (project_id, ordinal, created_at, id);

CREATE TABLE admin_api_keys (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    name            TEXT NOT NULL,
    digest          TEXT NOT NULL UNIQUE, -- SHA-256 of the secret, in hexadecimal; no key of `api_keys` has it
    redacted_value  TEXT NOT NULL,
    creator         TEXT NOT NULL, -- the actor, as in `events`
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT,
    revoked_at      BIGINT,
    last_used_at    BIGINT,
    ordinal         BIGINT NOT NULL DEFAULT 0
);

CREATE INDEX admin_api_keys_list ON admin_api_keys (organization_id, ordinal, created_at, id);

ALTER TABLE api_keys
    ADD COLUMN service_account_id TEXT REFERENCES service_accounts (id), -- NULL if a program before 0.2 made the key
    ADD COLUMN scopes TEXT, -- a JSON array; NULL restricts nothing
    ADD COLUMN ordinal BIGINT NOT NULL DEFAULT 0;

CREATE INDEX api_keys_list ON api_keys (project_id, ordinal, created_at, id);

CREATE INDEX api_keys_service_account ON api_keys (service_account_id);

-- Each key that is not revoked gets a service account of its name.
INSERT INTO service_accounts (id, organization_id, project_id, name, role, created_at)
    SELECT 'svc_acct_' || substr(id, 5), organization_id, project_id, name,
        CASE role WHEN 'owner' THEN 'owner' ELSE 'member' END, created_at
    FROM api_keys WHERE revoked_at IS NULL;

UPDATE api_keys SET service_account_id = 'svc_acct_' || substr(id, 5) WHERE revoked_at IS NULL;
