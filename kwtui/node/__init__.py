"""Files of a node: deployment, watching, logs. Knows no SQL."""
