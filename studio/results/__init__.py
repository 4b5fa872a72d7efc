"""What a run produces, as typed payloads: metrics, insights, predictions, samples. Light."""
