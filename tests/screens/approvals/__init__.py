"""What agents proposed, in the interface."""
