"""Processes of a run: the launcher, ranks, stopping."""
