"""What watches a training run: one callback a file."""
