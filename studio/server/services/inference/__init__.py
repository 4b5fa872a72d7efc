"""Predictions, online inference, previews."""
