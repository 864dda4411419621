"""What watches a training run: one callback a file."""

__all__: list[str] = []
