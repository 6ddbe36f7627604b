-- The newest change to a public model, and to each organization's own ones, so that a node need not look for it in the log
-- when it reads what an organization sees. Both are 0 before the first change.
--
-- Triggers keep the columns, so they are also right while programs of an older version write to the log. The index
-- `events_models` stays for these programs, and for the second trigger.
ALTER TABLE catalog ADD COLUMN public_models_revision INTEGER NOT NULL DEFAULT 0;

ALTER TABLE organizations ADD COLUMN models_revision INTEGER NOT NULL DEFAULT 0;

UPDATE catalog SET public_models_revision = COALESCE((
    SELECT MAX(revision) FROM events
    WHERE organization_id IS NULL AND type IN ('model.created', 'model.updated', 'model.deleted')
), 0);

UPDATE organizations SET models_revision = COALESCE((
    SELECT MAX(revision) FROM events
    WHERE organization_id = organizations.id AND type IN ('model.created', 'model.updated', 'model.deleted')
), 0);

-- The event that has the revision which its transaction took with the turn: often the only one. Noting each of an import's
-- events would take as long as writing them.
CREATE TRIGGER events_note_models AFTER INSERT ON events
WHEN NEW.revision <= (SELECT revision FROM catalog) AND NEW.type IN ('model.created', 'model.updated', 'model.deleted')
BEGIN
    UPDATE catalog SET public_models_revision = NEW.revision
    WHERE NEW.organization_id IS NULL AND public_models_revision < NEW.revision;
    UPDATE organizations SET models_revision = NEW.revision
    WHERE id = NEW.organization_id AND models_revision < NEW.revision;
END;

-- The other events of a transaction, which sets the catalog's revision to that of its last event when it has written them.
CREATE TRIGGER catalog_note_models AFTER UPDATE OF revision ON catalog
WHEN NEW.revision > OLD.revision
    AND EXISTS (SELECT 1 FROM events WHERE revision > OLD.revision AND revision <= NEW.revision)
BEGIN
    UPDATE catalog SET public_models_revision = COALESCE((
        SELECT MAX(revision) FROM events
        WHERE organization_id IS NULL AND type IN ('model.created', 'model.updated', 'model.deleted')
    ), 0);
    UPDATE organizations SET models_revision = COALESCE((
        SELECT MAX(revision) FROM events
        WHERE organization_id = organizations.id AND type IN ('model.created', 'model.updated', 'model.deleted')
    ), 0)
    WHERE id IN (SELECT organization_id FROM events WHERE revision > OLD.revision AND revision <= NEW.revision);
END;
