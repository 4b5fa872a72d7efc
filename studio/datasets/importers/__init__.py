"""Dataset formats: one module a format, each turning an upload's files into the studio's own tables."""
