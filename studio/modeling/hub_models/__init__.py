"""Models of the transformers library by their name on the hub: where their files come from, what of them is read."""
