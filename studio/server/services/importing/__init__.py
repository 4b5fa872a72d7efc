"""Uploads and imports."""
