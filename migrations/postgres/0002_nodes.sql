-- The nodes that may serve from memory. A deletion or a revocation is answered when each has applied it, or its lease
-- has run out.
CREATE TABLE nodes (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    epoch            TEXT NOT NULL, -- the history that the applied revision belongs to; empty before the first look
    applied_revision BIGINT NOT NULL,
    renewal          BIGINT NOT NULL, -- grows with each sign of life
    lease_ms         BIGINT NOT NULL  -- how long the node may serve after one
);
