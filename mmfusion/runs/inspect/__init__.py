"""The plan of a table that nobody has described: what each of its columns becomes in an experiment, and why.

The order of the steps:

1. `columns/`: what one column holds: numbers, text, labels, paths of media, how an empty cell is written.
2. `steps.start` leaves out columns that say nothing and decides, in this order, what the user requested
   (`roles/requested_columns`), splits, media, the id, dates, texts (all in `roles/`) and groups (`groups/`: rows of one
   patient or speaker).
3. `roles/target_columns.finish` decides the targets and their tasks; what is left becomes an input, unless it gives a
   target away (`leaks/`).

The result is a `plan.Plan`; `mmfusion.runs.experiment_yaml` writes it. `mmfusion validate` asks `columns/`, `groups/`
and `leaks/` the same questions about an experiment's own table.
"""
