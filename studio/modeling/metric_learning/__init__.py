"""Metric learning, whatever the input: ArcFace, search by cosine, metrics, insights."""
