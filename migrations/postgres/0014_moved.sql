-- Only a catalog in SQLite can be moved. Here nothing changes.
SELECT 1;
