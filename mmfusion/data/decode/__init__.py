"""Decoding: from a cell or a path to a tensor or text tokens."""

from __future__ import annotations
