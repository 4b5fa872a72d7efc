"""Inputs that are put together from others, each with an encoder of its own."""
