"""Encoders, one a file: a modality's input to one vector and a sequence of tokens."""
