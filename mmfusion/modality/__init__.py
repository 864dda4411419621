"""Handling of absent modalities: dropout in training and learned placeholders."""

__all__: list[str] = []
