"""Searches: Optuna asks, a job answers.

`space` says what may be asked, `objectives` what an answer is worth, `study` keeps both, `sweep` asks and tells.
"""

__all__: list[str] = []
