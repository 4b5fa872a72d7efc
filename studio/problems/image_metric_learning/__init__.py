"""Image metric learning: vectors in which images of one label lie close together."""
