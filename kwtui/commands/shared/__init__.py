"""What commands share: arguments, output, following a run. Never one command's work."""
