"""The SQL page: editor, answers, history. Never decides what may be sent."""
