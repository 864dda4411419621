"""Searches: Optuna asks, a job answers.

`space` has what may be asked, `objectives` what an answer is worth, `study` keeps both, `loop` asks and tells.
"""
