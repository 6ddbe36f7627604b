-- When a key was last used, as far as it has been noted: every minute, and apart from the log.
ALTER TABLE api_keys ADD COLUMN last_used_at BIGINT;
