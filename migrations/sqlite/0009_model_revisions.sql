-- The newest change to a public model, and to each organization's own ones, so that a node need not look for it in the log
-- when it reads what an organization sees. Both are 0 before the first change.
--
-- The columns count every event but the catalog's newest one, which a reader looks at itself. A trigger keeps them: each
-- transaction that writes to the log moves the catalog's revision when it takes the turn, and again when it has written several
-- events. So the columns are also right while programs of an older version write to the log. There is no trigger on the
-- log itself, which would make an import slow. The index `events_models` stays for these programs and for the trigger.
ALTER TABLE catalog ADD COLUMN public_models_revision INTEGER NOT NULL DEFAULT 0;

ALTER TABLE organizations ADD COLUMN models_revision INTEGER NOT NULL DEFAULT 0;

UPDATE catalog SET public_models_revision = COALESCE((
    SELECT MAX(revision) FROM events WHERE organization_id IS NULL AND type IN ('model.created', 'model.updated', 'model.deleted')
), 0);

UPDATE organizations SET models_revision = COALESCE((
    SELECT MAX(revision) FROM events WHERE organization_id = organizations.id AND type IN ('model.created', 'model.updated', 'model.deleted')
), 0);

CREATE TRIGGER catalog_note_models AFTER UPDATE OF revision ON catalog
WHEN NEW.revision > OLD.revision
BEGIN
    UPDATE catalog SET public_models_revision = MAX(public_models_revision, COALESCE((
        SELECT MAX(revision) FROM events
        WHERE organization_id IS NULL AND type IN ('model.created', 'model.updated', 'model.deleted')
            AND revision >= OLD.revision AND revision < NEW.revision
    ), 0));
    UPDATE organizations SET models_revision = MAX(models_revision, COALESCE((
        SELECT MAX(revision) FROM events
        WHERE organization_id = organizations.id AND type IN ('model.created', 'model.updated', 'model.deleted')
            AND revision >= OLD.revision AND revision < NEW.revision
    ), 0))
    -- Of a long import only the last events are looked at, because all of its events are of one scope.
    WHERE id IN (
        SELECT organization_id FROM events
        WHERE revision >= MAX(OLD.revision, NEW.revision - 1000) AND revision < NEW.revision
    );
END;
