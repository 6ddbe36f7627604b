-- What the audit log shows beside the change: the project that the change concerns, and the circumstances.
--
-- Both are NULL in rows from before this migration and in rows of older programs, except for the projects of rows from before.

-- Nobody writes to the log meanwhile. Readers wait only from the first ALTER TABLE on, when what takes long is done.
SELECT revision FROM catalog FOR UPDATE;

-- An organization's own events, the newest first. Public models have no organization, so their imports do not pay for it.
CREATE INDEX events_organization ON events (organization_id, revision) WHERE organization_id IS NOT NULL;

-- The text of a change names the project once, or the same one twice.
CREATE TEMPORARY TABLE concerned ON COMMIT DROP AS
    SELECT revision,
        CASE WHEN type LIKE 'project.%' OR type = 'model_permissions.updated' THEN subject_id
            ELSE substring(change FROM '"project_id":"([A-Za-z0-9_-]+)"') END AS project_id
    FROM events
    WHERE type LIKE 'project.%' OR type LIKE 'api_key.%' OR type LIKE 'service_account.%' OR type = 'model_permissions.updated';

ALTER TABLE events
    ADD COLUMN project_id TEXT,
    ADD COLUMN context TEXT; -- JSON

UPDATE events e SET project_id = c.project_id FROM concerned c WHERE e.revision = c.revision;
