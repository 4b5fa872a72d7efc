"""Text classification: one class, or several, for a whole text."""
