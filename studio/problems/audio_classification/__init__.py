"""Audio classification: one class, or several, for a recording."""
