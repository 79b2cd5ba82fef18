"""The steps that backup and restore wizards share. Never one wizard's questions."""
