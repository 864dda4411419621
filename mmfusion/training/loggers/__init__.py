"""Where metrics go: one logger a file; `metrics.csv` is always written."""
