-- The time at which an organization was deleted. The rows of the organization and of its projects, accounts and keys stay,
-- because no id, slug or secret is used again.

-- Nobody writes meanwhile, in the order in which other statements take their locks.
SELECT revision FROM catalog FOR UPDATE;

ALTER TABLE organizations ADD COLUMN deleted_at BIGINT;
