"""Image and text classification: one class, or several, for an image with the texts beside it."""
