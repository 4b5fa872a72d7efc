"""Image regression: one or more numbers for a complete image."""
