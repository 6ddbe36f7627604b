-- The nodes are in a file of their own, beside this one, so that a long change does not keep them from showing that they
-- live. Here is only the history that the revisions belong to.
ALTER TABLE catalog ADD COLUMN epoch TEXT NOT NULL DEFAULT '';

UPDATE catalog SET epoch = lower(hex(randomblob(16)));
