"""3D image semantic segmentation."""
