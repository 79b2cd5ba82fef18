"""What EXPORT and IMPORT share: CSV, charsets, meta.sql, nodelocal. Never a job."""
