-- What the audit log shows beside the change: the project that the change concerns, and the circumstances.
--
-- Both are NULL in rows from before this migration and in rows of older programs, except for the projects of rows from before.

-- An organization's own events, the newest first. Public models have no organization, so their imports do not pay for it.
CREATE INDEX events_organization ON events (organization_id, revision) WHERE organization_id IS NOT NULL;

ALTER TABLE events ADD COLUMN project_id TEXT;

ALTER TABLE events ADD COLUMN context TEXT; -- JSON

UPDATE events SET project_id = CASE
    WHEN type LIKE 'project.%' OR type = 'model_permissions.updated' THEN subject_id
    WHEN json_valid(change)
        THEN COALESCE(json_extract(change, '$.details.project_id'), json_extract(change, '$.details.after.project_id'))
    END
WHERE type LIKE 'project.%' OR type LIKE 'api_key.%' OR type LIKE 'service_account.%' OR type = 'model_permissions.updated';
