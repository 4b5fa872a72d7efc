"""Columns of labels: classes, numbers, identities."""
