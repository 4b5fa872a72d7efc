"""What a run leaves for pages: insights, results, pictures."""
