-- The id of the file beside this one that holds the nodes' rows; empty until it is made. A file with another id is not trusted.
ALTER TABLE catalog ADD COLUMN nodes_file TEXT NOT NULL DEFAULT '';
