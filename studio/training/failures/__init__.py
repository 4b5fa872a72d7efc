"""What goes wrong in a run, in words, and what notices it."""
