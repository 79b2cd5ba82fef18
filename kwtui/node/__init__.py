"""KWDB through its files: deployment, logs, write-ahead log, mounts. Never SQL."""
