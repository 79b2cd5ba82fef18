"""A backup: planning gathers, plan decides (pure), run carries out. Never restores."""
