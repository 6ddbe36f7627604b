-- The time at which an organization was deleted. The rows of the organization and of its projects, accounts and keys stay,
-- because no id, slug or secret is used again.

ALTER TABLE organizations ADD COLUMN deleted_at INTEGER;
