"""From an upload to a dataset: what is in it, which problem type it looks like, and the build with its inspection."""
