"""Scoring: the bundle of a trained model, the one predictor, and the pipeline that carries both elsewhere."""
