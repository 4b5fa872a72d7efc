"""Deepstudio: a browser-based, no-code deep learning training studio."""
