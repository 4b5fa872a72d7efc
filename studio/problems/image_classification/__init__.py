"""Image classification: one class, or several, for a whole image."""
