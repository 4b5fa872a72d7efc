"""Datasets: reading tables, guessing roles, checking, profiling, importing. Light: no torch."""
