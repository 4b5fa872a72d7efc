"""Recordings in tensors."""
