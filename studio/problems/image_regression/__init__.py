"""Image regression: one or more numbers for a whole image."""
