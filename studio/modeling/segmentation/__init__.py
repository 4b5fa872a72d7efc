"""Semantic segmentation: classes of pixels, of any number of axes."""
