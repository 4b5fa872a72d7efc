"""Panels about texts as such, whatever is predicted of them."""

LENGTHS = "Lengths"
WINDOWS = "Windows a context"
