"""What agents proposed, looked at and approved or refused by a person."""
