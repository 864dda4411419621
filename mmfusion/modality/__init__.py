"""Handling of absent modalities: dropout in training and learned placeholders."""
