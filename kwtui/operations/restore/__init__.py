"""A restore: planning gathers, plan decides (pure), run carries out. Never exports a backup."""
