"""What one column holds: its values and their spelling, whatever the other columns are."""
