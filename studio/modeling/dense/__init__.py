"""Outputs of one value a pixel, kept small: counts at probability levels, and masks as run lengths."""
