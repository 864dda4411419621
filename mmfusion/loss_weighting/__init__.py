"""Loss weightings, one a file: T task losses to one total."""
