"""Regression, whatever the input: targets, losses, metrics, insights."""
