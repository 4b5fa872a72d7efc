"""Text regression: one or more numbers for a whole text."""
