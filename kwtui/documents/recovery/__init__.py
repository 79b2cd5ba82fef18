"""The recovery plan of a cluster as a document, in English and Chinese. Never a disk."""
