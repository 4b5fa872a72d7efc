"""Audio regression: numbers of a recording."""
