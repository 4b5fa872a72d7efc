"""Text sequence to sequence: a text written from another one, as in translation and summaries."""
