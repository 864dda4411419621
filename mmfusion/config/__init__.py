"""Composing, checking and instantiating configs; imports no torch."""
