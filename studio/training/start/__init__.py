"""How a training starts: model and data, weights, speed, batch size."""
