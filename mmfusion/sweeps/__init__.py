"""Many runs from one command: a grid or a search, each job in a process and a folder of its own.

A run is one training and its folder, a job is a run that a sweep starts, and a trial is a point of a search, which one
job trains, or one for each seed.

`multirun` hands the command line to Hydra, which builds a sweeper (which jobs?) and a launcher (where do they run?).
A job's identity is the hash of its overrides, so the same command again runs only what is missing or failed.
"""
