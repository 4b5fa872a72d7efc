"""3D image classification: one class, or several, for a complete volume."""
