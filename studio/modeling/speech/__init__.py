"""Speech: recordings of people speaking, and the models that hear them."""
