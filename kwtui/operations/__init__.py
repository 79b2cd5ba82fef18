"""Plans and how they are carried out. Never a process, never a journal."""
