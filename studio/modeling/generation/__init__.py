"""Generated text: metrics, differences from a reference, insights."""
