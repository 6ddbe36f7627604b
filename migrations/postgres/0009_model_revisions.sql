-- The newest change to a public model, and to each organization's own ones, so that a node need not look for it in the log
-- when it reads what an organization sees. Both are 0 before the first change.
--
-- The columns count every event but the catalog's newest one, which a reader looks at itself. A trigger keeps them: each
-- transaction that writes to the log moves the catalog's revision when it takes the turn, and again when it has written several
-- events. So the columns are also right while programs of an older version write to the log. There is no trigger on the
-- log itself, which would make an import slow. The index `events_models` stays for these programs and for the trigger.
ALTER TABLE catalog ADD COLUMN public_models_revision BIGINT NOT NULL DEFAULT 0;

ALTER TABLE organizations ADD COLUMN models_revision BIGINT NOT NULL DEFAULT 0;

UPDATE catalog SET public_models_revision = COALESCE((
    SELECT MAX(revision) FROM events WHERE organization_id IS NULL AND type IN ('model.created', 'model.updated', 'model.deleted')
), 0);

UPDATE organizations o SET models_revision = e.revision
FROM (
    SELECT organization_id, MAX(revision) AS revision FROM events WHERE type IN ('model.created', 'model.updated', 'model.deleted') GROUP BY organization_id
) e
WHERE o.id = e.organization_id;

CREATE FUNCTION note_models_revisions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.public_models_revision := GREATEST(NEW.public_models_revision, (
        SELECT MAX(revision) FROM events
        WHERE revision >= OLD.revision AND revision < NEW.revision AND organization_id IS NULL AND type IN ('model.created', 'model.updated', 'model.deleted')
    ));
    UPDATE organizations o SET models_revision = e.revision
    FROM (
        SELECT organization_id, MAX(revision) AS revision FROM events
        WHERE revision >= OLD.revision AND revision < NEW.revision AND type IN ('model.created', 'model.updated', 'model.deleted')
        GROUP BY organization_id
    ) e
    WHERE o.id = e.organization_id AND o.models_revision < e.revision;
    RETURN NEW;
END
$$;

CREATE TRIGGER catalog_note_models BEFORE UPDATE OF revision ON catalog
    FOR EACH ROW WHEN (NEW.revision > OLD.revision) EXECUTE FUNCTION note_models_revisions();
