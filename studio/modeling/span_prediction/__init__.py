"""Span prediction: answers in a context, metrics, insights."""
