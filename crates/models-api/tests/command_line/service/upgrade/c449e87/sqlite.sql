PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
);
INSERT INTO _sqlx_migrations VALUES(1,'catalog','2026-11-26 20:09:43',1,X'5f217cb5926c4968c67348db3cc14029a6e2f2ce98d310ea6c1bbcc688e19d3867df4a0e999ba31fa32627cfc957dc86',4145255);
INSERT INTO _sqlx_migrations VALUES(2,'nodes','2026-11-26 20:09:43',1,X'c744dd74a4e02da4fad637b68eca82928a432ed5f248eb6aaff4afd0c70ed6d9978071e220d80f6988825fbe80c1af29',1920358);
INSERT INTO _sqlx_migrations VALUES(3,'api key uses','2026-11-26 20:09:43',1,X'3b274838be73c1058e74c2bbc414b7aa448cb3e27b00e293792a98d7766f5140e92ea593936ecbec178fa53507fa9907',1539767);
INSERT INTO _sqlx_migrations VALUES(4,'revision tokens','2026-11-26 20:09:43',1,X'd5afe9ca8e69f338273586e3b7428db06cf4af982cbb445e0f5066a1b9a938a9f7692c7633cacac751e710d9db1a0ca9',2580231);
CREATE TABLE catalog (
    singleton INTEGER NOT NULL PRIMARY KEY CHECK (singleton = 1),
    revision  INTEGER NOT NULL
, epoch TEXT NOT NULL DEFAULT '', token_secret TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO catalog VALUES(1,38,'34e41ee3a8b18e6dd7228ff92d28a590','313a4f80edfbaac3caf20cdc29e4286e');
CREATE TABLE events (
    revision        INTEGER NOT NULL PRIMARY KEY,
    occurred_at     INTEGER NOT NULL,
    actor           TEXT    NOT NULL, -- a key's id, or `command_line`, or `first_start`
    type            TEXT    NOT NULL, -- such as `model.deleted`
    organization_id TEXT,             -- NULL where it concerns all
    subject_id      TEXT    NOT NULL,
    change          TEXT    NOT NULL  -- JSON
) STRICT;
INSERT INTO events VALUES(1,1795723783,'command_line','organization.created','org-01a2197a6d8a75f9911e115da781798d','org-01a2197a6d8a75f9911e115da781798d','{"type":"organization.created","details":{"id":"org-01a2197a6d8a75f9911e115da781798d","slug":"acme","name":"Acme Inc.","default_project":{"id":"proj_01a2197a6d8a75f9911e115ee4bd2f9f","name":"Default project"},"created_at":1795723783}}');
INSERT INTO events VALUES(2,1795723783,'command_line','organization.created','org-01a2197a6dba779cb937b40824f473e0','org-01a2197a6dba779cb937b40824f473e0','{"type":"organization.created","details":{"id":"org-01a2197a6dba779cb937b40824f473e0","slug":"other","name":"Other & Söhne","default_project":{"id":"proj_01a2197a6dba779cb937b409b7de3d1c","name":"Default project"},"created_at":1795723783}}');
INSERT INTO events VALUES(3,1795723783,'command_line','api_key.created','org-01a2197a6d8a75f9911e115da781798d','key_01a2197a6df5701cb30ae800996444e1','{"type":"api_key.created","details":{"id":"key_01a2197a6df5701cb30ae800996444e1","organization_id":"org-01a2197a6d8a75f9911e115da781798d","organization_slug":"acme","project_id":"proj_01a2197a6d8a75f9911e115ee4bd2f9f","name":"owner","role":"owner","redacted_value":"sk-...21In","created_at":1795723783,"expires_at":null,"revoked_at":null}}');
INSERT INTO events VALUES(4,1795723783,'command_line','api_key.created','org-01a2197a6d8a75f9911e115da781798d','key_01a2197a6e2b7133853a7cecb8feb568','{"type":"api_key.created","details":{"id":"key_01a2197a6e2b7133853a7cecb8feb568","organization_id":"org-01a2197a6d8a75f9911e115da781798d","organization_slug":"acme","project_id":"proj_01a2197a6d8a75f9911e115ee4bd2f9f","name":"reader","role":"reader","redacted_value":"sk-...Lh0A","created_at":1795723783,"expires_at":null,"revoked_at":null}}');
INSERT INTO events VALUES(5,1795723783,'command_line','api_key.created','org-01a2197a6d8a75f9911e115da781798d','key_01a2197a6e5a71b89f9447d687089c34','{"type":"api_key.created","details":{"id":"key_01a2197a6e5a71b89f9447d687089c34","organization_id":"org-01a2197a6d8a75f9911e115da781798d","organization_slug":"acme","project_id":"proj_01a2197a6d8a75f9911e115ee4bd2f9f","name":"writer","role":"writer","redacted_value":"sk-...3HJi","created_at":1795723783,"expires_at":null,"revoked_at":null}}');
INSERT INTO events VALUES(6,1795723783,'command_line','api_key.created','org-01a2197a6dba779cb937b40824f473e0','key_01a2197a6e8677c7a75a3d97a97bb3a4','{"type":"api_key.created","details":{"id":"key_01a2197a6e8677c7a75a3d97a97bb3a4","organization_id":"org-01a2197a6dba779cb937b40824f473e0","organization_slug":"other","project_id":"proj_01a2197a6dba779cb937b409b7de3d1c","name":"other","role":"owner","redacted_value":"sk-...8WnN","created_at":1795723783,"expires_at":null,"revoked_at":null}}');
INSERT INTO events VALUES(7,1795723783,'command_line','api_key.created','org-01a2197a6d8a75f9911e115da781798d','key_01a2197a6eb576339eedffcbe7fe09d7','{"type":"api_key.created","details":{"id":"key_01a2197a6eb576339eedffcbe7fe09d7","organization_id":"org-01a2197a6d8a75f9911e115da781798d","organization_slug":"acme","project_id":"proj_01a2197a6d8a75f9911e115ee4bd2f9f","name":"revoked","role":"owner","redacted_value":"sk-...a8JI","created_at":1795723783,"expires_at":null,"revoked_at":null}}');
INSERT INTO events VALUES(8,1795723783,'command_line','api_key.deleted','org-01a2197a6d8a75f9911e115da781798d','key_01a2197a6eb576339eedffcbe7fe09d7','{"type":"api_key.deleted","details":{"id":"key_01a2197a6eb576339eedffcbe7fe09d7","organization_id":"org-01a2197a6d8a75f9911e115da781798d","organization_slug":"acme","project_id":"proj_01a2197a6d8a75f9911e115ee4bd2f9f","name":"revoked","role":"owner","redacted_value":"sk-...a8JI","created_at":1795723783,"expires_at":null,"revoked_at":1795723783}}');
INSERT INTO events VALUES(9,1795723783,'command_line','api_key.created','org-01a2197a6d8a75f9911e115da781798d','key_01a2197a6f0b777ca68f6e91aca5b5e7','{"type":"api_key.created","details":{"id":"key_01a2197a6f0b777ca68f6e91aca5b5e7","organization_id":"org-01a2197a6d8a75f9911e115da781798d","organization_slug":"acme","project_id":"proj_01a2197a6d8a75f9911e115ee4bd2f9f","name":"expired","role":"owner","redacted_value":"sk-...vZD3","created_at":1795723783,"expires_at":1795723784,"revoked_at":null}}');
INSERT INTO events VALUES(10,1795723783,'command_line','model.created',NULL,'gpt-4o','{"type":"model.created","details":{"id":"gpt-4o","scope":"public","created":1715367049,"owned_by":"system","shutdown_date":null}}');
INSERT INTO events VALUES(11,1795723783,'command_line','model.created',NULL,'gpt-4o-mini','{"type":"model.created","details":{"id":"gpt-4o-mini","scope":"public","created":1721172741,"owned_by":"system","shutdown_date":null}}');
INSERT INTO events VALUES(12,1795723783,'command_line','model.created',NULL,'text-embedding-3-small','{"type":"model.created","details":{"id":"text-embedding-3-small","scope":"public","created":1705948997,"owned_by":"system","shutdown_date":"2027-01-31"}}');
INSERT INTO events VALUES(13,1795723783,'command_line','model.created',NULL,'vendor/model:latest','{"type":"model.created","details":{"id":"vendor/model:latest","scope":"public","created":0,"owned_by":"vendor","shutdown_date":null}}');
INSERT INTO events VALUES(14,1795723783,'command_line','model.created',NULL,'modell-ü-模型','{"type":"model.created","details":{"id":"modell-ü-模型","scope":"public","created":1700000000,"owned_by":"größe","shutdown_date":null}}');
INSERT INTO events VALUES(15,1795723783,'command_line','model.created',NULL,'shadowed','{"type":"model.created","details":{"id":"shadowed","scope":"public","created":1600000000,"owned_by":"system","shutdown_date":null}}');
INSERT INTO events VALUES(16,1795723783,'command_line','model.created',NULL,'bulk-00','{"type":"model.created","details":{"id":"bulk-00","scope":"public","created":1650000000,"owned_by":"system","shutdown_date":null}}');
INSERT INTO events VALUES(17,1795723783,'command_line','model.created',NULL,'bulk-01','{"type":"model.created","details":{"id":"bulk-01","scope":"public","created":1650000001,"owned_by":"system","shutdown_date":null}}');
INSERT INTO events VALUES(18,1795723783,'command_line','model.created',NULL,'bulk-02','{"type":"model.created","details":{"id":"bulk-02","scope":"public","created":1650000002,"owned_by":"system","shutdown_date":null}}');
INSERT INTO events VALUES(19,1795723783,'command_line','model.created',NULL,'bulk-03','{"type":"model.created","details":{"id":"bulk-03","scope":"public","created":1650000003,"owned_by":"system","shutdown_date":null}}');
INSERT INTO events VALUES(20,1795723783,'command_line','model.created',NULL,'bulk-04','{"type":"model.created","details":{"id":"bulk-04","scope":"public","created":1650000004,"owned_by":"system","shutdown_date":null}}');
INSERT INTO events VALUES(21,1795723783,'command_line','model.created',NULL,'bulk-05','{"type":"model.created","details":{"id":"bulk-05","scope":"public","created":1650000005,"owned_by":"system","shutdown_date":null}}');
INSERT INTO events VALUES(22,1795723783,'command_line','model.created',NULL,'bulk-06','{"type":"model.created","details":{"id":"bulk-06","scope":"public","created":1650000006,"owned_by":"system","shutdown_date":null}}');
INSERT INTO events VALUES(23,1795723783,'command_line','model.created',NULL,'bulk-07','{"type":"model.created","details":{"id":"bulk-07","scope":"public","created":1650000007,"owned_by":"system","shutdown_date":null}}');
INSERT INTO events VALUES(24,1795723783,'command_line','model.created',NULL,'bulk-08','{"type":"model.created","details":{"id":"bulk-08","scope":"public","created":1650000008,"owned_by":"system","shutdown_date":null}}');
INSERT INTO events VALUES(25,1795723783,'command_line','model.created',NULL,'bulk-09','{"type":"model.created","details":{"id":"bulk-09","scope":"public","created":1650000009,"owned_by":"system","shutdown_date":null}}');
INSERT INTO events VALUES(26,1795723783,'command_line','model.created',NULL,'bulk-10','{"type":"model.created","details":{"id":"bulk-10","scope":"public","created":1650000010,"owned_by":"system","shutdown_date":null}}');
INSERT INTO events VALUES(27,1795723783,'command_line','model.created',NULL,'bulk-11','{"type":"model.created","details":{"id":"bulk-11","scope":"public","created":1650000011,"owned_by":"system","shutdown_date":null}}');
INSERT INTO events VALUES(28,1795723784,'command_line','model.created','org-01a2197a6d8a75f9911e115da781798d','ft:gpt-4o:acme::a1b2','{"type":"model.created","details":{"id":"ft:gpt-4o:acme::a1b2","scope":{"organization":"org-01a2197a6d8a75f9911e115da781798d"},"created":1730000000,"owned_by":"Acme Inc.","shutdown_date":null}}');
INSERT INTO events VALUES(29,1795723784,'command_line','model.created','org-01a2197a6d8a75f9911e115da781798d','ft:gpt-4o:acme::gone','{"type":"model.created","details":{"id":"ft:gpt-4o:acme::gone","scope":{"organization":"org-01a2197a6d8a75f9911e115da781798d"},"created":1730000001,"owned_by":"Acme Inc.","shutdown_date":null}}');
INSERT INTO events VALUES(30,1795723784,'command_line','model.created','org-01a2197a6d8a75f9911e115da781798d','name with spaces','{"type":"model.created","details":{"id":"name with spaces","scope":{"organization":"org-01a2197a6d8a75f9911e115da781798d"},"created":1730000002,"owned_by":"Acme Inc.","shutdown_date":null}}');
INSERT INTO events VALUES(31,1795723784,'command_line','model.created','org-01a2197a6d8a75f9911e115da781798d','we"ird\id','{"type":"model.created","details":{"id":"we\"ird\\id","scope":{"organization":"org-01a2197a6d8a75f9911e115da781798d"},"created":1730000003,"owned_by":"Acme Inc.","shutdown_date":null}}');
INSERT INTO events VALUES(32,1795723784,'command_line','model.created','org-01a2197a6d8a75f9911e115da781798d','zero​width','{"type":"model.created","details":{"id":"zero​width","scope":{"organization":"org-01a2197a6d8a75f9911e115da781798d"},"created":1730000004,"owned_by":"Acme Inc.","shutdown_date":null}}');
INSERT INTO events VALUES(33,1795723784,'command_line','model.created','org-01a2197a6d8a75f9911e115da781798d',' padded ','{"type":"model.created","details":{"id":" padded ","scope":{"organization":"org-01a2197a6d8a75f9911e115da781798d"},"created":1730000005,"owned_by":"Acme Inc.","shutdown_date":null}}');
INSERT INTO events VALUES(34,1795723784,'command_line','model.created','org-01a2197a6d8a75f9911e115da781798d','100%','{"type":"model.created","details":{"id":"100%","scope":{"organization":"org-01a2197a6d8a75f9911e115da781798d"},"created":1730000006,"owned_by":"Acme Inc.","shutdown_date":null}}');
INSERT INTO events VALUES(35,1795723784,'command_line','model.created','org-01a2197a6d8a75f9911e115da781798d','shadowed','{"type":"model.created","details":{"id":"shadowed","scope":{"organization":"org-01a2197a6d8a75f9911e115da781798d"},"created":1730000008,"owned_by":"Acme Inc.","shutdown_date":null}}');
INSERT INTO events VALUES(36,1795723784,'command_line','model.created','org-01a2197a6d8a75f9911e115da781798d','to-delete','{"type":"model.created","details":{"id":"to-delete","scope":{"organization":"org-01a2197a6d8a75f9911e115da781798d"},"created":1730000009,"owned_by":"Acme Inc.","shutdown_date":null}}');
INSERT INTO events VALUES(37,1795723784,'command_line','model.created','org-01a2197a6dba779cb937b40824f473e0','ft:gpt-4o:other::secret','{"type":"model.created","details":{"id":"ft:gpt-4o:other::secret","scope":{"organization":"org-01a2197a6dba779cb937b40824f473e0"},"created":1730000000,"owned_by":"Other & Söhne","shutdown_date":null}}');
INSERT INTO events VALUES(38,1795723784,'command_line','model.deleted','org-01a2197a6d8a75f9911e115da781798d','ft:gpt-4o:acme::gone','{"type":"model.deleted","details":{"id":"ft:gpt-4o:acme::gone","scope":{"organization":"org-01a2197a6d8a75f9911e115da781798d"},"created":1730000001,"owned_by":"Acme Inc.","shutdown_date":null}}');
CREATE TABLE organizations (
    id         TEXT    NOT NULL PRIMARY KEY,
    slug       TEXT    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO organizations VALUES('org-01a2197a6d8a75f9911e115da781798d','acme','Acme Inc.',1795723783);
INSERT INTO organizations VALUES('org-01a2197a6dba779cb937b40824f473e0','other','Other & Söhne',1795723783);
CREATE TABLE projects (
    id              TEXT    NOT NULL PRIMARY KEY,
    organization_id TEXT    NOT NULL REFERENCES organizations (id),
    name            TEXT    NOT NULL,
    is_default      INTEGER NOT NULL CHECK (is_default IN (0, 1)),
    created_at      INTEGER NOT NULL,
    UNIQUE (id, organization_id)
) STRICT;
INSERT INTO projects VALUES('proj_01a2197a6d8a75f9911e115ee4bd2f9f','org-01a2197a6d8a75f9911e115da781798d','Default project',1,1795723783);
INSERT INTO projects VALUES('proj_01a2197a6dba779cb937b409b7de3d1c','org-01a2197a6dba779cb937b40824f473e0','Default project',1,1795723783);
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
    revoked_at      INTEGER, last_used_at INTEGER,
    FOREIGN KEY (project_id, organization_id) REFERENCES projects (id, organization_id)
) STRICT;
INSERT INTO api_keys VALUES('key_01a2197a6df5701cb30ae800996444e1','org-01a2197a6d8a75f9911e115da781798d','proj_01a2197a6d8a75f9911e115ee4bd2f9f','owner','owner','17eb5194831d167dc284df3891e9f65ae508bfbe0f4cad1e02a537e520d5e37e','sk-...21In',1795723783,NULL,NULL,NULL);
INSERT INTO api_keys VALUES('key_01a2197a6e2b7133853a7cecb8feb568','org-01a2197a6d8a75f9911e115da781798d','proj_01a2197a6d8a75f9911e115ee4bd2f9f','reader','reader','0b1c4145e661c89132b72cc57427ec35da137026ac787110a0f84eae8cade411','sk-...Lh0A',1795723783,NULL,NULL,NULL);
INSERT INTO api_keys VALUES('key_01a2197a6e5a71b89f9447d687089c34','org-01a2197a6d8a75f9911e115da781798d','proj_01a2197a6d8a75f9911e115ee4bd2f9f','writer','writer','a89d13729feb53e2b57bbabda0428f0e59b09296df3c52cd9f08e8ed8c0787d5','sk-...3HJi',1795723783,NULL,NULL,NULL);
INSERT INTO api_keys VALUES('key_01a2197a6e8677c7a75a3d97a97bb3a4','org-01a2197a6dba779cb937b40824f473e0','proj_01a2197a6dba779cb937b409b7de3d1c','other','owner','ce21990d720df908d09d6306ed83dc7756740643bdf24b95e0ae0ee2199a5fa4','sk-...8WnN',1795723783,NULL,NULL,NULL);
INSERT INTO api_keys VALUES('key_01a2197a6eb576339eedffcbe7fe09d7','org-01a2197a6d8a75f9911e115da781798d','proj_01a2197a6d8a75f9911e115ee4bd2f9f','revoked','owner','9634732f1c4174e313b65f950cd99787f66ac7efe9c6f8eaaf093b02b1ba753c','sk-...a8JI',1795723783,NULL,1795723783,NULL);
INSERT INTO api_keys VALUES('key_01a2197a6f0b777ca68f6e91aca5b5e7','org-01a2197a6d8a75f9911e115da781798d','proj_01a2197a6d8a75f9911e115ee4bd2f9f','expired','owner','21d9dc704e32a9e09663a5894f6a1de4ec46558a335a40ab02bd5933611ea5b5','sk-...vZD3',1795723783,1795723784,NULL,NULL);
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
INSERT INTO models VALUES('public','gpt-4o',NULL,1715367049,'system',NULL);
INSERT INTO models VALUES('public','gpt-4o-mini',NULL,1721172741,'system',NULL);
INSERT INTO models VALUES('public','text-embedding-3-small',NULL,1705948997,'system','2027-01-31');
INSERT INTO models VALUES('public','vendor/model:latest',NULL,0,'vendor',NULL);
INSERT INTO models VALUES('public','modell-ü-模型',NULL,1700000000,'größe',NULL);
INSERT INTO models VALUES('public','shadowed',NULL,1600000000,'system',NULL);
INSERT INTO models VALUES('public','bulk-00',NULL,1650000000,'system',NULL);
INSERT INTO models VALUES('public','bulk-01',NULL,1650000001,'system',NULL);
INSERT INTO models VALUES('public','bulk-02',NULL,1650000002,'system',NULL);
INSERT INTO models VALUES('public','bulk-03',NULL,1650000003,'system',NULL);
INSERT INTO models VALUES('public','bulk-04',NULL,1650000004,'system',NULL);
INSERT INTO models VALUES('public','bulk-05',NULL,1650000005,'system',NULL);
INSERT INTO models VALUES('public','bulk-06',NULL,1650000006,'system',NULL);
INSERT INTO models VALUES('public','bulk-07',NULL,1650000007,'system',NULL);
INSERT INTO models VALUES('public','bulk-08',NULL,1650000008,'system',NULL);
INSERT INTO models VALUES('public','bulk-09',NULL,1650000009,'system',NULL);
INSERT INTO models VALUES('public','bulk-10',NULL,1650000010,'system',NULL);
INSERT INTO models VALUES('public','bulk-11',NULL,1650000011,'system',NULL);
INSERT INTO models VALUES('org-01a2197a6d8a75f9911e115da781798d','ft:gpt-4o:acme::a1b2','org-01a2197a6d8a75f9911e115da781798d',1730000000,'Acme Inc.',NULL);
INSERT INTO models VALUES('org-01a2197a6d8a75f9911e115da781798d','name with spaces','org-01a2197a6d8a75f9911e115da781798d',1730000002,'Acme Inc.',NULL);
INSERT INTO models VALUES('org-01a2197a6d8a75f9911e115da781798d','we"ird\id','org-01a2197a6d8a75f9911e115da781798d',1730000003,'Acme Inc.',NULL);
INSERT INTO models VALUES('org-01a2197a6d8a75f9911e115da781798d','zero​width','org-01a2197a6d8a75f9911e115da781798d',1730000004,'Acme Inc.',NULL);
INSERT INTO models VALUES('org-01a2197a6d8a75f9911e115da781798d',' padded ','org-01a2197a6d8a75f9911e115da781798d',1730000005,'Acme Inc.',NULL);
INSERT INTO models VALUES('org-01a2197a6d8a75f9911e115da781798d','100%','org-01a2197a6d8a75f9911e115da781798d',1730000006,'Acme Inc.',NULL);
INSERT INTO models VALUES('org-01a2197a6d8a75f9911e115da781798d','shadowed','org-01a2197a6d8a75f9911e115da781798d',1730000008,'Acme Inc.',NULL);
INSERT INTO models VALUES('org-01a2197a6d8a75f9911e115da781798d','to-delete','org-01a2197a6d8a75f9911e115da781798d',1730000009,'Acme Inc.',NULL);
INSERT INTO models VALUES('org-01a2197a6dba779cb937b40824f473e0','ft:gpt-4o:other::secret','org-01a2197a6dba779cb937b40824f473e0',1730000000,'Other & Söhne',NULL);
CREATE INDEX events_subject ON events (subject_id, revision);
CREATE UNIQUE INDEX projects_default ON projects (organization_id) WHERE is_default = 1;
CREATE INDEX api_keys_organization ON api_keys (organization_id);
CREATE INDEX events_models ON events (organization_id, revision)
    WHERE type IN ('model.created', 'model.updated', 'model.deleted');
COMMIT;
