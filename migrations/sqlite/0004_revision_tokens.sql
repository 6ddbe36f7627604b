-- What answers call their revision is encrypted with this: 128 bits, in hexadecimal.
ALTER TABLE catalog ADD COLUMN token_secret TEXT NOT NULL DEFAULT '';

UPDATE catalog SET token_secret = lower(hex(randomblob(16)));

-- The newest change to what an organization may see.
CREATE INDEX events_models ON events (organization_id, revision)
    WHERE type IN ('model.created', 'model.updated', 'model.deleted');
