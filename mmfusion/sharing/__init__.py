"""Task sharing, one a file: what lies between the fused streams and the tasks' heads."""
