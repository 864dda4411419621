"""The plan of a table that nobody has described: what each of its columns becomes in an experiment, and why.

`columns/` says what one column holds, `groups/` which rows belong together (of one patient or speaker), `leaks/` what
gives a target away, and `roles/` what a column becomes, in the order of `steps.plan_table`. The result, a `plan.Plan`,
is written by `mmfusion.runs.experiment_yaml`. `mmfusion validate` asks `columns/`, `groups/` and `leaks/` the same
questions about an experiment's own table.
"""
