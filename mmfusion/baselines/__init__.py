"""Simple models on the same rows, to see what a deep one is worth: the majority or mean, and linear ones."""
