"""Columns whose values are things that several rows come from: a patient, a speaker, a dialogue."""
