"""The folders of runs and sweeps: the names of their files, how they are written and read, and who is at work there."""
