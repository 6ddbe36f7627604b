-- Only SQLite has a file for the nodes' rows. Here they are in the table `nodes`, and nothing changes.
SELECT 1;
