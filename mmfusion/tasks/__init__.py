"""Tasks, one a file: how a column becomes a target, how an output is scored and read."""
