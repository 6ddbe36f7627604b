-- The level says which rules a program must enforce to serve this catalog. A program that supports a lower level neither opens
-- the database nor serves from memory. A change that older programs cannot enforce raises it.
ALTER TABLE catalog ADD COLUMN level BIGINT NOT NULL DEFAULT 1;

-- The version of the program that raised the level; empty at the first level.
ALTER TABLE catalog ADD COLUMN level_version TEXT NOT NULL DEFAULT '';

-- The lease in force, in milliseconds; 0 until the first node has started.
ALTER TABLE catalog ADD COLUMN lease_ms BIGINT NOT NULL DEFAULT 0;

-- The longest other lease that nodes may still hold; equal to `lease_ms` when no change is under way. Nodes use the shorter of
-- both, barriers the longer.
ALTER TABLE catalog ADD COLUMN previous_lease_ms BIGINT NOT NULL DEFAULT 0;

-- The revision at which the lease was last changed.
ALTER TABLE catalog ADD COLUMN lease_revision BIGINT NOT NULL DEFAULT 0;

-- The level that the node's program supports; 0 where the program writes none. The first change that raises the level drops
-- the default, so that such a program cannot register any more.
ALTER TABLE nodes ADD COLUMN level BIGINT NOT NULL DEFAULT 0;
