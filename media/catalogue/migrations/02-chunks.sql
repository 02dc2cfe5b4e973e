-- The table of a large file's chunks: the hash and the size of a blob. Packs
-- that came before have none, which is as good as a small file's.
ALTER TABLE catalogue_asset ADD COLUMN chunks BLOB CHECK (chunks IS NULL OR length(chunks) = 32);
ALTER TABLE catalogue_asset ADD COLUMN chunks_size INTEGER NOT NULL DEFAULT 0;
