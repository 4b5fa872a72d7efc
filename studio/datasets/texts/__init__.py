"""Columns of texts: checks, lengths, spans and tags."""
