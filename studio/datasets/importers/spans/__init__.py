"""Texts with marked stretches, whatever tool marked them."""
