"""Plans and their execution: backup, restore, verify."""
