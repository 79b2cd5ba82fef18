"""What several kinds of plan need. Never one kind's own steps."""
