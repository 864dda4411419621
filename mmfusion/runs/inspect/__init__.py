"""Looking at a table nobody has described yet: what its columns are, and which one gives a target away."""

__all__: list[str] = []
