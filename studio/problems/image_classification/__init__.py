"""Image classification: one class, or several, for a complete image."""
