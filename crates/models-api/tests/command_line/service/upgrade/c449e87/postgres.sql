--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: _sqlx_migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public._sqlx_migrations (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);


--
-- Name: api_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.api_keys (
    id text NOT NULL COLLATE pg_catalog."C",
    organization_id text NOT NULL,
    project_id text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    digest text NOT NULL,
    redacted_value text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint,
    revoked_at bigint,
    last_used_at bigint,
    CONSTRAINT api_keys_role_check CHECK ((role = ANY (ARRAY['reader'::text, 'writer'::text, 'owner'::text])))
);


--
-- Name: catalog; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.catalog (
    singleton bigint NOT NULL,
    revision bigint NOT NULL,
    token_secret text DEFAULT ''::text NOT NULL,
    CONSTRAINT catalog_singleton_check CHECK ((singleton = 1))
);


--
-- Name: events; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.events (
    revision bigint NOT NULL,
    occurred_at bigint NOT NULL,
    actor text NOT NULL,
    type text NOT NULL,
    organization_id text,
    subject_id text NOT NULL,
    change text NOT NULL
);


--
-- Name: models; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.models (
    scope text NOT NULL COLLATE pg_catalog."C",
    id text NOT NULL COLLATE pg_catalog."C",
    organization_id text,
    created bigint NOT NULL,
    owned_by text NOT NULL,
    shutdown_date text,
    CONSTRAINT models_check CHECK ((scope = COALESCE(organization_id, 'public'::text)))
);


--
-- Name: nodes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.nodes (
    id text NOT NULL COLLATE pg_catalog."C",
    epoch text NOT NULL,
    applied_revision bigint NOT NULL,
    renewal bigint NOT NULL,
    lease_ms bigint NOT NULL
);


--
-- Name: organizations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.organizations (
    id text NOT NULL COLLATE pg_catalog."C",
    slug text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    created_at bigint NOT NULL
);


--
-- Name: projects; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.projects (
    id text NOT NULL COLLATE pg_catalog."C",
    organization_id text NOT NULL,
    name text NOT NULL,
    is_default bigint NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT projects_is_default_check CHECK ((is_default = ANY (ARRAY[(0)::bigint, (1)::bigint])))
);


--
-- Data for Name: _sqlx_migrations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public._sqlx_migrations VALUES (1, 'catalog', '2026-11-26 20:09:48.050159+00', true, '\x5a5a35241e3b39289bc4157011e38187293dba23c0c882b9299b535792321a6de9c0af9b2ff8e8f03448288bda58fb29', 38815710);
INSERT INTO public._sqlx_migrations VALUES (2, 'nodes', '2026-11-26 20:09:48.090125+00', true, '\xe6cee574c7c72d9561a92539933d4307acf50fcfb3bc432769f0c5468299dbd051ecb1e1e0ed64950af4ec53de873e91', 5919250);
INSERT INTO public._sqlx_migrations VALUES (3, 'api key uses', '2026-11-26 20:09:48.096411+00', true, '\xd2a7e9f16c18081e68e2738c13409481a0f76b6a8c5888fd126a2dac8e12af87d349c9fbe7b476d2136094a4d64e4fbe', 1015097);
INSERT INTO public._sqlx_migrations VALUES (4, 'revision tokens', '2026-11-26 20:09:48.097652+00', true, '\xa993fc799c352bbb4490f34ccf3db621f8711831a46117c213608d8702e614bb5defade89e63f4c1d3d475612b641990', 9016829);


--
-- Data for Name: api_keys; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.api_keys VALUES ('key_01a2197a808f76efba2581865bff5929', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 'proj_01a2197a7f9d7406a335c1fca4fca881', 'owner', 'owner', 'fdbc8b4f95dc4643e65ccb90e9703da1e813560fdc8a3064fac34d50baadb325', 'sk-...W9LF', 1795723788, NULL, NULL, NULL);
INSERT INTO public.api_keys VALUES ('key_01a2197a814b7058a72b9e29cc6da814', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 'proj_01a2197a7f9d7406a335c1fca4fca881', 'reader', 'reader', '1f3cc142d8001b29921adc09c999658249e91bd2ed1733b28fbeece8d6531f84', 'sk-...gTxz', 1795723788, NULL, NULL, NULL);
INSERT INTO public.api_keys VALUES ('key_01a2197a81b075afa58a848bb5c1a2f2', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 'proj_01a2197a7f9d7406a335c1fca4fca881', 'writer', 'writer', '91e33f6788314d86d911147a09411f46ca6b59cf27b6d3556b005c8dba166e5e', 'sk-...3oCD', 1795723788, NULL, NULL, NULL);
INSERT INTO public.api_keys VALUES ('key_01a2197a821e77a3ac45b381d4d26353', 'org-01a2197a801073169b708ce84277bf5c', 'proj_01a2197a801073169b708ce944759bdb', 'other', 'owner', 'd822e0757a46bb029f70dafeacb5219e039322f10a49480915acd82a84760b93', 'sk-...gWyz', 1795723788, NULL, NULL, NULL);
INSERT INTO public.api_keys VALUES ('key_01a2197a82817373a1efe0a2f41c6961', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 'proj_01a2197a7f9d7406a335c1fca4fca881', 'revoked', 'owner', '92f438d0704fbbf139e06b9a938e5460048bfab0eb6f70661e2cf31f27003c14', 'sk-...gOXl', 1795723788, NULL, 1795723789, NULL);
INSERT INTO public.api_keys VALUES ('key_01a2197a836d769ab206b9249e630959', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 'proj_01a2197a7f9d7406a335c1fca4fca881', 'expired', 'owner', 'f7a09e9d47e9e9cbdf3d6f7a3825866c174051647e7e3d1206c0550ca6bacd96', 'sk-...8yr2', 1795723789, 1795723790, NULL, NULL);


--
-- Data for Name: catalog; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.catalog VALUES (1, 38, '9a5306c24a7b4bc59dd3cded115aefe1');


--
-- Data for Name: events; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.events VALUES (1, 1795723788, 'command_line', 'organization.created', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', '{"type":"organization.created","details":{"id":"org-01a2197a7f9d7406a335c1fb58aa3a6d","slug":"acme","name":"Acme Inc.","default_project":{"id":"proj_01a2197a7f9d7406a335c1fca4fca881","name":"Default project"},"created_at":1795723788}}');
INSERT INTO public.events VALUES (2, 1795723788, 'command_line', 'organization.created', 'org-01a2197a801073169b708ce84277bf5c', 'org-01a2197a801073169b708ce84277bf5c', '{"type":"organization.created","details":{"id":"org-01a2197a801073169b708ce84277bf5c","slug":"other","name":"Other & Söhne","default_project":{"id":"proj_01a2197a801073169b708ce944759bdb","name":"Default project"},"created_at":1795723788}}');
INSERT INTO public.events VALUES (3, 1795723788, 'command_line', 'api_key.created', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 'key_01a2197a808f76efba2581865bff5929', '{"type":"api_key.created","details":{"id":"key_01a2197a808f76efba2581865bff5929","organization_id":"org-01a2197a7f9d7406a335c1fb58aa3a6d","organization_slug":"acme","project_id":"proj_01a2197a7f9d7406a335c1fca4fca881","name":"owner","role":"owner","redacted_value":"sk-...W9LF","created_at":1795723788,"expires_at":null,"revoked_at":null}}');
INSERT INTO public.events VALUES (4, 1795723788, 'command_line', 'api_key.created', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 'key_01a2197a814b7058a72b9e29cc6da814', '{"type":"api_key.created","details":{"id":"key_01a2197a814b7058a72b9e29cc6da814","organization_id":"org-01a2197a7f9d7406a335c1fb58aa3a6d","organization_slug":"acme","project_id":"proj_01a2197a7f9d7406a335c1fca4fca881","name":"reader","role":"reader","redacted_value":"sk-...gTxz","created_at":1795723788,"expires_at":null,"revoked_at":null}}');
INSERT INTO public.events VALUES (5, 1795723788, 'command_line', 'api_key.created', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 'key_01a2197a81b075afa58a848bb5c1a2f2', '{"type":"api_key.created","details":{"id":"key_01a2197a81b075afa58a848bb5c1a2f2","organization_id":"org-01a2197a7f9d7406a335c1fb58aa3a6d","organization_slug":"acme","project_id":"proj_01a2197a7f9d7406a335c1fca4fca881","name":"writer","role":"writer","redacted_value":"sk-...3oCD","created_at":1795723788,"expires_at":null,"revoked_at":null}}');
INSERT INTO public.events VALUES (6, 1795723788, 'command_line', 'api_key.created', 'org-01a2197a801073169b708ce84277bf5c', 'key_01a2197a821e77a3ac45b381d4d26353', '{"type":"api_key.created","details":{"id":"key_01a2197a821e77a3ac45b381d4d26353","organization_id":"org-01a2197a801073169b708ce84277bf5c","organization_slug":"other","project_id":"proj_01a2197a801073169b708ce944759bdb","name":"other","role":"owner","redacted_value":"sk-...gWyz","created_at":1795723788,"expires_at":null,"revoked_at":null}}');
INSERT INTO public.events VALUES (7, 1795723788, 'command_line', 'api_key.created', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 'key_01a2197a82817373a1efe0a2f41c6961', '{"type":"api_key.created","details":{"id":"key_01a2197a82817373a1efe0a2f41c6961","organization_id":"org-01a2197a7f9d7406a335c1fb58aa3a6d","organization_slug":"acme","project_id":"proj_01a2197a7f9d7406a335c1fca4fca881","name":"revoked","role":"owner","redacted_value":"sk-...gOXl","created_at":1795723788,"expires_at":null,"revoked_at":null}}');
INSERT INTO public.events VALUES (8, 1795723789, 'command_line', 'api_key.deleted', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 'key_01a2197a82817373a1efe0a2f41c6961', '{"type":"api_key.deleted","details":{"id":"key_01a2197a82817373a1efe0a2f41c6961","organization_id":"org-01a2197a7f9d7406a335c1fb58aa3a6d","organization_slug":"acme","project_id":"proj_01a2197a7f9d7406a335c1fca4fca881","name":"revoked","role":"owner","redacted_value":"sk-...gOXl","created_at":1795723788,"expires_at":null,"revoked_at":1795723789}}');
INSERT INTO public.events VALUES (9, 1795723789, 'command_line', 'api_key.created', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 'key_01a2197a836d769ab206b9249e630959', '{"type":"api_key.created","details":{"id":"key_01a2197a836d769ab206b9249e630959","organization_id":"org-01a2197a7f9d7406a335c1fb58aa3a6d","organization_slug":"acme","project_id":"proj_01a2197a7f9d7406a335c1fca4fca881","name":"expired","role":"owner","redacted_value":"sk-...8yr2","created_at":1795723789,"expires_at":1795723790,"revoked_at":null}}');
INSERT INTO public.events VALUES (10, 1795723789, 'command_line', 'model.created', NULL, 'gpt-4o', '{"type":"model.created","details":{"id":"gpt-4o","scope":"public","created":1715367049,"owned_by":"system","shutdown_date":null}}');
INSERT INTO public.events VALUES (11, 1795723789, 'command_line', 'model.created', NULL, 'gpt-4o-mini', '{"type":"model.created","details":{"id":"gpt-4o-mini","scope":"public","created":1721172741,"owned_by":"system","shutdown_date":null}}');
INSERT INTO public.events VALUES (12, 1795723789, 'command_line', 'model.created', NULL, 'text-embedding-3-small', '{"type":"model.created","details":{"id":"text-embedding-3-small","scope":"public","created":1705948997,"owned_by":"system","shutdown_date":"2027-01-31"}}');
INSERT INTO public.events VALUES (13, 1795723789, 'command_line', 'model.created', NULL, 'vendor/model:latest', '{"type":"model.created","details":{"id":"vendor/model:latest","scope":"public","created":0,"owned_by":"vendor","shutdown_date":null}}');
INSERT INTO public.events VALUES (14, 1795723789, 'command_line', 'model.created', NULL, 'modell-ü-模型', '{"type":"model.created","details":{"id":"modell-ü-模型","scope":"public","created":1700000000,"owned_by":"größe","shutdown_date":null}}');
INSERT INTO public.events VALUES (15, 1795723789, 'command_line', 'model.created', NULL, 'shadowed', '{"type":"model.created","details":{"id":"shadowed","scope":"public","created":1600000000,"owned_by":"system","shutdown_date":null}}');
INSERT INTO public.events VALUES (16, 1795723789, 'command_line', 'model.created', NULL, 'bulk-00', '{"type":"model.created","details":{"id":"bulk-00","scope":"public","created":1650000000,"owned_by":"system","shutdown_date":null}}');
INSERT INTO public.events VALUES (17, 1795723789, 'command_line', 'model.created', NULL, 'bulk-01', '{"type":"model.created","details":{"id":"bulk-01","scope":"public","created":1650000001,"owned_by":"system","shutdown_date":null}}');
INSERT INTO public.events VALUES (18, 1795723789, 'command_line', 'model.created', NULL, 'bulk-02', '{"type":"model.created","details":{"id":"bulk-02","scope":"public","created":1650000002,"owned_by":"system","shutdown_date":null}}');
INSERT INTO public.events VALUES (19, 1795723789, 'command_line', 'model.created', NULL, 'bulk-03', '{"type":"model.created","details":{"id":"bulk-03","scope":"public","created":1650000003,"owned_by":"system","shutdown_date":null}}');
INSERT INTO public.events VALUES (20, 1795723789, 'command_line', 'model.created', NULL, 'bulk-04', '{"type":"model.created","details":{"id":"bulk-04","scope":"public","created":1650000004,"owned_by":"system","shutdown_date":null}}');
INSERT INTO public.events VALUES (21, 1795723789, 'command_line', 'model.created', NULL, 'bulk-05', '{"type":"model.created","details":{"id":"bulk-05","scope":"public","created":1650000005,"owned_by":"system","shutdown_date":null}}');
INSERT INTO public.events VALUES (22, 1795723789, 'command_line', 'model.created', NULL, 'bulk-06', '{"type":"model.created","details":{"id":"bulk-06","scope":"public","created":1650000006,"owned_by":"system","shutdown_date":null}}');
INSERT INTO public.events VALUES (23, 1795723789, 'command_line', 'model.created', NULL, 'bulk-07', '{"type":"model.created","details":{"id":"bulk-07","scope":"public","created":1650000007,"owned_by":"system","shutdown_date":null}}');
INSERT INTO public.events VALUES (24, 1795723789, 'command_line', 'model.created', NULL, 'bulk-08', '{"type":"model.created","details":{"id":"bulk-08","scope":"public","created":1650000008,"owned_by":"system","shutdown_date":null}}');
INSERT INTO public.events VALUES (25, 1795723789, 'command_line', 'model.created', NULL, 'bulk-09', '{"type":"model.created","details":{"id":"bulk-09","scope":"public","created":1650000009,"owned_by":"system","shutdown_date":null}}');
INSERT INTO public.events VALUES (26, 1795723789, 'command_line', 'model.created', NULL, 'bulk-10', '{"type":"model.created","details":{"id":"bulk-10","scope":"public","created":1650000010,"owned_by":"system","shutdown_date":null}}');
INSERT INTO public.events VALUES (27, 1795723789, 'command_line', 'model.created', NULL, 'bulk-11', '{"type":"model.created","details":{"id":"bulk-11","scope":"public","created":1650000011,"owned_by":"system","shutdown_date":null}}');
INSERT INTO public.events VALUES (28, 1795723789, 'command_line', 'model.created', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 'ft:gpt-4o:acme::a1b2', '{"type":"model.created","details":{"id":"ft:gpt-4o:acme::a1b2","scope":{"organization":"org-01a2197a7f9d7406a335c1fb58aa3a6d"},"created":1730000000,"owned_by":"Acme Inc.","shutdown_date":null}}');
INSERT INTO public.events VALUES (29, 1795723789, 'command_line', 'model.created', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 'ft:gpt-4o:acme::gone', '{"type":"model.created","details":{"id":"ft:gpt-4o:acme::gone","scope":{"organization":"org-01a2197a7f9d7406a335c1fb58aa3a6d"},"created":1730000001,"owned_by":"Acme Inc.","shutdown_date":null}}');
INSERT INTO public.events VALUES (30, 1795723789, 'command_line', 'model.created', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 'name with spaces', '{"type":"model.created","details":{"id":"name with spaces","scope":{"organization":"org-01a2197a7f9d7406a335c1fb58aa3a6d"},"created":1730000002,"owned_by":"Acme Inc.","shutdown_date":null}}');
INSERT INTO public.events VALUES (31, 1795723789, 'command_line', 'model.created', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 'we"ird\id', '{"type":"model.created","details":{"id":"we\"ird\\id","scope":{"organization":"org-01a2197a7f9d7406a335c1fb58aa3a6d"},"created":1730000003,"owned_by":"Acme Inc.","shutdown_date":null}}');
INSERT INTO public.events VALUES (32, 1795723789, 'command_line', 'model.created', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 'zero​width', '{"type":"model.created","details":{"id":"zero​width","scope":{"organization":"org-01a2197a7f9d7406a335c1fb58aa3a6d"},"created":1730000004,"owned_by":"Acme Inc.","shutdown_date":null}}');
INSERT INTO public.events VALUES (33, 1795723789, 'command_line', 'model.created', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', ' padded ', '{"type":"model.created","details":{"id":" padded ","scope":{"organization":"org-01a2197a7f9d7406a335c1fb58aa3a6d"},"created":1730000005,"owned_by":"Acme Inc.","shutdown_date":null}}');
INSERT INTO public.events VALUES (34, 1795723789, 'command_line', 'model.created', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', '100%', '{"type":"model.created","details":{"id":"100%","scope":{"organization":"org-01a2197a7f9d7406a335c1fb58aa3a6d"},"created":1730000006,"owned_by":"Acme Inc.","shutdown_date":null}}');
INSERT INTO public.events VALUES (35, 1795723789, 'command_line', 'model.created', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 'shadowed', '{"type":"model.created","details":{"id":"shadowed","scope":{"organization":"org-01a2197a7f9d7406a335c1fb58aa3a6d"},"created":1730000008,"owned_by":"Acme Inc.","shutdown_date":null}}');
INSERT INTO public.events VALUES (36, 1795723789, 'command_line', 'model.created', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 'to-delete', '{"type":"model.created","details":{"id":"to-delete","scope":{"organization":"org-01a2197a7f9d7406a335c1fb58aa3a6d"},"created":1730000009,"owned_by":"Acme Inc.","shutdown_date":null}}');
INSERT INTO public.events VALUES (37, 1795723789, 'command_line', 'model.created', 'org-01a2197a801073169b708ce84277bf5c', 'ft:gpt-4o:other::secret', '{"type":"model.created","details":{"id":"ft:gpt-4o:other::secret","scope":{"organization":"org-01a2197a801073169b708ce84277bf5c"},"created":1730000000,"owned_by":"Other & Söhne","shutdown_date":null}}');
INSERT INTO public.events VALUES (38, 1795723789, 'command_line', 'model.deleted', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 'ft:gpt-4o:acme::gone', '{"type":"model.deleted","details":{"id":"ft:gpt-4o:acme::gone","scope":{"organization":"org-01a2197a7f9d7406a335c1fb58aa3a6d"},"created":1730000001,"owned_by":"Acme Inc.","shutdown_date":null}}');


--
-- Data for Name: models; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.models VALUES ('public', 'gpt-4o', NULL, 1715367049, 'system', NULL);
INSERT INTO public.models VALUES ('public', 'gpt-4o-mini', NULL, 1721172741, 'system', NULL);
INSERT INTO public.models VALUES ('public', 'text-embedding-3-small', NULL, 1705948997, 'system', '2027-01-31');
INSERT INTO public.models VALUES ('public', 'vendor/model:latest', NULL, 0, 'vendor', NULL);
INSERT INTO public.models VALUES ('public', 'modell-ü-模型', NULL, 1700000000, 'größe', NULL);
INSERT INTO public.models VALUES ('public', 'shadowed', NULL, 1600000000, 'system', NULL);
INSERT INTO public.models VALUES ('public', 'bulk-00', NULL, 1650000000, 'system', NULL);
INSERT INTO public.models VALUES ('public', 'bulk-01', NULL, 1650000001, 'system', NULL);
INSERT INTO public.models VALUES ('public', 'bulk-02', NULL, 1650000002, 'system', NULL);
INSERT INTO public.models VALUES ('public', 'bulk-03', NULL, 1650000003, 'system', NULL);
INSERT INTO public.models VALUES ('public', 'bulk-04', NULL, 1650000004, 'system', NULL);
INSERT INTO public.models VALUES ('public', 'bulk-05', NULL, 1650000005, 'system', NULL);
INSERT INTO public.models VALUES ('public', 'bulk-06', NULL, 1650000006, 'system', NULL);
INSERT INTO public.models VALUES ('public', 'bulk-07', NULL, 1650000007, 'system', NULL);
INSERT INTO public.models VALUES ('public', 'bulk-08', NULL, 1650000008, 'system', NULL);
INSERT INTO public.models VALUES ('public', 'bulk-09', NULL, 1650000009, 'system', NULL);
INSERT INTO public.models VALUES ('public', 'bulk-10', NULL, 1650000010, 'system', NULL);
INSERT INTO public.models VALUES ('public', 'bulk-11', NULL, 1650000011, 'system', NULL);
INSERT INTO public.models VALUES ('org-01a2197a7f9d7406a335c1fb58aa3a6d', 'ft:gpt-4o:acme::a1b2', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 1730000000, 'Acme Inc.', NULL);
INSERT INTO public.models VALUES ('org-01a2197a7f9d7406a335c1fb58aa3a6d', 'name with spaces', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 1730000002, 'Acme Inc.', NULL);
INSERT INTO public.models VALUES ('org-01a2197a7f9d7406a335c1fb58aa3a6d', 'we"ird\id', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 1730000003, 'Acme Inc.', NULL);
INSERT INTO public.models VALUES ('org-01a2197a7f9d7406a335c1fb58aa3a6d', 'zero​width', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 1730000004, 'Acme Inc.', NULL);
INSERT INTO public.models VALUES ('org-01a2197a7f9d7406a335c1fb58aa3a6d', ' padded ', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 1730000005, 'Acme Inc.', NULL);
INSERT INTO public.models VALUES ('org-01a2197a7f9d7406a335c1fb58aa3a6d', '100%', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 1730000006, 'Acme Inc.', NULL);
INSERT INTO public.models VALUES ('org-01a2197a7f9d7406a335c1fb58aa3a6d', 'shadowed', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 1730000008, 'Acme Inc.', NULL);
INSERT INTO public.models VALUES ('org-01a2197a7f9d7406a335c1fb58aa3a6d', 'to-delete', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 1730000009, 'Acme Inc.', NULL);
INSERT INTO public.models VALUES ('org-01a2197a801073169b708ce84277bf5c', 'ft:gpt-4o:other::secret', 'org-01a2197a801073169b708ce84277bf5c', 1730000000, 'Other & Söhne', NULL);


--
-- Data for Name: nodes; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: organizations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.organizations VALUES ('org-01a2197a7f9d7406a335c1fb58aa3a6d', 'acme', 'Acme Inc.', 1795723788);
INSERT INTO public.organizations VALUES ('org-01a2197a801073169b708ce84277bf5c', 'other', 'Other & Söhne', 1795723788);


--
-- Data for Name: projects; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.projects VALUES ('proj_01a2197a7f9d7406a335c1fca4fca881', 'org-01a2197a7f9d7406a335c1fb58aa3a6d', 'Default project', 1, 1795723788);
INSERT INTO public.projects VALUES ('proj_01a2197a801073169b708ce944759bdb', 'org-01a2197a801073169b708ce84277bf5c', 'Default project', 1, 1795723788);


--
-- Name: _sqlx_migrations _sqlx_migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public._sqlx_migrations
    ADD CONSTRAINT _sqlx_migrations_pkey PRIMARY KEY (version);


--
-- Name: api_keys api_keys_digest_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_digest_key UNIQUE (digest);


--
-- Name: api_keys api_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);


--
-- Name: catalog catalog_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.catalog
    ADD CONSTRAINT catalog_pkey PRIMARY KEY (singleton);


--
-- Name: events events_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (revision);


--
-- Name: models models_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.models
    ADD CONSTRAINT models_pkey PRIMARY KEY (scope, id);


--
-- Name: nodes nodes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.nodes
    ADD CONSTRAINT nodes_pkey PRIMARY KEY (id);


--
-- Name: organizations organizations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.organizations
    ADD CONSTRAINT organizations_pkey PRIMARY KEY (id);


--
-- Name: organizations organizations_slug_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.organizations
    ADD CONSTRAINT organizations_slug_key UNIQUE (slug);


--
-- Name: projects projects_id_organization_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_id_organization_id_key UNIQUE (id, organization_id);


--
-- Name: projects projects_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_pkey PRIMARY KEY (id);


--
-- Name: api_keys_organization; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX api_keys_organization ON public.api_keys USING btree (organization_id);


--
-- Name: events_models; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX events_models ON public.events USING btree (organization_id, revision) WHERE (type = ANY (ARRAY['model.created'::text, 'model.updated'::text, 'model.deleted'::text]));


--
-- Name: events_subject; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX events_subject ON public.events USING btree (subject_id, revision);


--
-- Name: projects_default; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX projects_default ON public.projects USING btree (organization_id) WHERE (is_default = 1);


--
-- Name: api_keys api_keys_organization_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id);


--
-- Name: api_keys api_keys_project_id_organization_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_project_id_organization_id_fkey FOREIGN KEY (project_id, organization_id) REFERENCES public.projects(id, organization_id);


--
-- Name: models models_organization_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.models
    ADD CONSTRAINT models_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id);


--
-- Name: projects projects_organization_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id);


--
-- PostgreSQL database dump complete
--



