"""Sections that one kind of network alone has: its backbone and its layer groups."""
