"""Transformers of text: where they come from, how texts become their tokens, and what they give."""
