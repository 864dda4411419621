"""Metrics as torchmetrics, where torchmetrics' own would warn, fail or give a number for what is undefined.

All of them give NaN where the value does not exist, accept updates of no row, and are summed or gathered exactly over
ranks.
"""
