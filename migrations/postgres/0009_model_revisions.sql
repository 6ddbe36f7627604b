-- The newest change to a public model, and to each organization's own ones, so that a node need not look for it in the log
-- when it reads what an organization sees. Both are 0 before the first change.
--
-- Triggers keep the columns, so they are also right while programs of an older version write to the log. The index
-- `events_models` stays for these programs: they look for the newest change in the log.
ALTER TABLE catalog ADD COLUMN public_models_revision BIGINT NOT NULL DEFAULT 0;

ALTER TABLE organizations ADD COLUMN models_revision BIGINT NOT NULL DEFAULT 0;

UPDATE catalog SET public_models_revision = COALESCE((
    SELECT MAX(revision) FROM events
    WHERE organization_id IS NULL AND type IN ('model.created', 'model.updated', 'model.deleted')
), 0);

UPDATE organizations o SET models_revision = e.revision
FROM (
    SELECT organization_id, MAX(revision) AS revision FROM events
    WHERE type IN ('model.created', 'model.updated', 'model.deleted')
    GROUP BY organization_id
) e
WHERE o.id = e.organization_id;

-- Events that are written with the turn, which the transaction has taken if the catalog's row is its own. An import that
-- writes ahead of its turn must not lock the catalog's row, nor wait for another transaction.
CREATE FUNCTION note_model_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM catalog WHERE xmin::text::bigint = txid_current() % 4294967296) THEN
        RETURN NULL;
    END IF;
    UPDATE catalog c SET public_models_revision = e.revision
    FROM (
        SELECT MAX(revision) AS revision FROM new_events
        WHERE organization_id IS NULL AND type IN ('model.created', 'model.updated', 'model.deleted')
    ) e
    WHERE c.public_models_revision < e.revision;
    UPDATE organizations o SET models_revision = e.revision
    FROM (
        SELECT organization_id, MAX(revision) AS revision FROM new_events
        WHERE organization_id IS NOT NULL AND type IN ('model.created', 'model.updated', 'model.deleted')
        GROUP BY organization_id
    ) e
    WHERE o.id = e.organization_id AND o.models_revision < e.revision;
    RETURN NULL;
END
$$;

CREATE TRIGGER events_note_models AFTER INSERT ON events REFERENCING NEW TABLE AS new_events
    FOR EACH STATEMENT EXECUTE FUNCTION note_model_events();

-- Events that were written ahead of the turn. They are of one import, and so of one scope, and its last event has the newest
-- revision. Taking the turn adds one to the catalog's revision; such an import, which has more than 1,000 events, then adds
-- the rest.
CREATE FUNCTION note_last_model_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE catalog c SET public_models_revision = e.revision
    FROM events e
    WHERE e.revision = NEW.revision AND e.organization_id IS NULL
        AND e.type IN ('model.created', 'model.updated', 'model.deleted')
        AND c.public_models_revision < e.revision;
    UPDATE organizations o SET models_revision = e.revision
    FROM events e
    WHERE e.revision = NEW.revision AND o.id = e.organization_id
        AND e.type IN ('model.created', 'model.updated', 'model.deleted')
        AND o.models_revision < e.revision;
    RETURN NULL;
END
$$;

CREATE TRIGGER catalog_note_models AFTER UPDATE OF revision ON catalog
    FOR EACH ROW WHEN (NEW.revision > OLD.revision + 1) EXECUTE FUNCTION note_last_model_event();
