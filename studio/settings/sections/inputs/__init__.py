"""Sections that one input alone has."""
