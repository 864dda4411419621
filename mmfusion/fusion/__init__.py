"""Fusion strategies, one a file: modalities to streams, and streams' outputs to one prediction."""
