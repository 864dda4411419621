"""Composing, checking and instantiating configs; imports no torch."""

__all__: list[str] = []
