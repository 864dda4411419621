"""Sources of rows: a user's table, and generators that need no download."""
