"""Masks: pixels of classes, as run lengths in a table."""
