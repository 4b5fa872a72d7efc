"""Measurements: speed against bare scripts, and quality on real data."""
