"""Token classification: tagging schemes, metrics, insights."""
