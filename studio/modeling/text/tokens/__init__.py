"""Texts as tokens: tokenizer, sequences, windows, lengths."""
