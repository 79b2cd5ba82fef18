"""The steps of a backup at work: exports, late rows, disk watch, seal. Never plans."""
