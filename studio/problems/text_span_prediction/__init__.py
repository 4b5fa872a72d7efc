"""Text span prediction: the stretch of a context that answers a question."""
