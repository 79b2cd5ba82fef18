"""IMPORT as a node does it, defects included. Never writes files but rejected rows."""
