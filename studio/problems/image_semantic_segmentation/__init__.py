"""Image semantic segmentation."""
