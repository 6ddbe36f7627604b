-- The PostgreSQL database that `copy` has moved this catalog to; empty while the catalog is in use. The level of a moved catalog
-- is above the level of every program, so that no program and no node uses it.
ALTER TABLE catalog ADD COLUMN moved_to TEXT NOT NULL DEFAULT '';
