"""Text metric learning: vectors in which texts of one label lie close together."""
