"""Objects found in images, whether by box or by mask: matching with the truth, average precision, insights."""
