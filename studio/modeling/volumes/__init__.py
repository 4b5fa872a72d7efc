"""Volumes: how they become tensors, and encoders of three dimensions."""
