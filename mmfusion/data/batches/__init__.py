"""Batches: the rows of a split, their order, and the loader that collates them."""
