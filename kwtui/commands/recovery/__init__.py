"""Commands for the bad day: rescue, recovery plan, evidence. Never Textual."""
