"""A backup set on disk: naming, manifest, meta.sql, dialect, sealing, proof."""
