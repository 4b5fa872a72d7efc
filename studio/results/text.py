"""The panel that every problem type of texts has."""

LENGTHS = "Lengths"
