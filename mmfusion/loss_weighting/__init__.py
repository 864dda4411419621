"""Loss weightings, one a file: T task losses to one total."""

__all__: list[str] = []
