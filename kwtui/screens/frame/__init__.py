"""What every screen stands on: base classes, dialogs, help, palette. Never one screen's content."""
