-- A repeated deletion is looked up among the caller's own deletions, so that its time tells nothing about others.
CREATE INDEX events_deletions ON events (actor, subject_id, revision, occurred_at)
    WHERE type = 'model.deleted';

-- Nothing else looks events up by their subject, and in an import each event costs a third more with this index. Older
-- programs look repeated deletions up with the same conditions, and so with the index above.
DROP INDEX events_subject;
