"""The backup wizard. Never plans: it asks the Controller."""
