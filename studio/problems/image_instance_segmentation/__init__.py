"""Image instance segmentation."""
