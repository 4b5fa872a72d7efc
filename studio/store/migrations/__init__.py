"""Alembic migrations of the database."""

HEAD = "0002"
"""The newest revision, for those who only look whether a database is of this version."""
