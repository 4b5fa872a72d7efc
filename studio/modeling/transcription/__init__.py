"""Transcription: what is said, whatever it is heard by."""
