"""Settings: one declaration gives the form, validation, YAML, grid search, command line, docs and types."""
