"""Samples, files and the live state of runs."""
