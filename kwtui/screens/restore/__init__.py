"""The restore wizard. Never plans: it asks the Controller."""
