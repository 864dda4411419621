"""Decoding: from a cell or a path to a tensor or text tokens."""
