"""The embedded data: a drawn digit, a spoken one and a written one in each row. Needs no download."""
