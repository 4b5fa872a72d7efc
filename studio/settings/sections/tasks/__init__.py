"""Sections that one task alone has."""
