"""Reading what a database holds and what of it a backup would lose. Never changes it."""
