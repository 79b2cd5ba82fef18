"""Reading and writing files safely. Never knows what a file is about."""
