"""One file a medium: each has a READER, which the registry finds."""
