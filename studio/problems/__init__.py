"""Problem types: one folder each, found by the registry, independent of each other."""
