"""Kinds of modality, one a file: a cell of a manifest to a tensor, and rows of tensors to a batch.

`kind: speech` in a config is the class `Speech` of `speech.py`.
"""
