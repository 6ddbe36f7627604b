-- The newest change to a public model, and to each organization's own ones, so that a node need not look for it in the log
-- when it reads what an organization sees. Both are 0 before the first change.
--
-- The columns count every event but the catalog's newest one, which a reader looks at itself. A trigger keeps them: each
-- transaction that writes to the log moves the catalog's revision when it takes the turn, and again when it has written several
-- events. So the columns are also right while programs of an older version write to the log. There is no trigger on the
-- log itself, which would make an import slow. The index `events_models` stays for these programs and for the trigger.

-- Nobody writes to the log meanwhile. Readers wait only from the first ALTER TABLE on, when what takes long is done.
SELECT revision FROM catalog FOR UPDATE;

CREATE TEMPORARY TABLE newest ON COMMIT DROP AS
    SELECT organization_id, MAX(revision) AS revision FROM events WHERE type IN ('model.created', 'model.updated', 'model.deleted') GROUP BY organization_id;

ALTER TABLE organizations ADD COLUMN models_revision BIGINT NOT NULL DEFAULT 0;

UPDATE organizations o SET models_revision = n.revision FROM newest n WHERE o.id = n.organization_id;

ALTER TABLE catalog ADD COLUMN public_models_revision BIGINT NOT NULL DEFAULT 0;

UPDATE catalog SET public_models_revision = n.revision FROM newest n WHERE n.organization_id IS NULL;

-- The function may be there without the trigger: after a dump of an older version was restored over this one.
CREATE OR REPLACE FUNCTION note_models_revisions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    -- The first event that is not counted yet. Nearly always it is the only one, and found by its revision alone: while
    -- the statistics are not up to date, the planner would look for a range in the whole index of another column. Of a
    -- long import only the last events are looked at, because all of its events are of one scope.
    number BIGINT := GREATEST(OLD.revision, NEW.revision - 1000);
    event RECORD;
BEGIN
    WHILE number < NEW.revision LOOP
        SELECT organization_id INTO event FROM events WHERE revision = number AND type IN ('model.created', 'model.updated', 'model.deleted');
        IF FOUND AND event.organization_id IS NULL THEN
            NEW.public_models_revision := GREATEST(NEW.public_models_revision, number);
        ELSIF FOUND THEN
            UPDATE organizations SET models_revision = number
            WHERE id = event.organization_id AND models_revision < number;
        END IF;
        number := number + 1;
    END LOOP;
    RETURN NEW;
END
$$;

CREATE TRIGGER catalog_note_models BEFORE UPDATE OF revision ON catalog
    FOR EACH ROW WHEN (NEW.revision > OLD.revision) EXECUTE FUNCTION note_models_revisions();
