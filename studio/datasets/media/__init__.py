"""Media files: reading, checks, facts."""
