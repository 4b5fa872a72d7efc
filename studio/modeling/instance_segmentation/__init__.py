"""Instance segmentation: objects of images by their masks."""
