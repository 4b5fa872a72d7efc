"""Settings with problem types and datasets: YAML in and out, the settings document, the generated reference."""
