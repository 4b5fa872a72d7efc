"""3D image regression: one or more numbers for a complete volume."""
