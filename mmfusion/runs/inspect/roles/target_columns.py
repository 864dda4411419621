"""Which of the open columns are targets."""

from __future__ import annotations

from collections.abc import Sequence

from mmfusion.runs.inspect.columns.column_names import INPUT, LABEL, is_named
from mmfusion.runs.inspect.leaks.prediction import gives
from mmfusion.runs.inspect.plan import Plan
from mmfusion.runs.inspect.roles.leak_columns import NEVER, relation_to
from mmfusion.runs.inspect.roles.one_hot import OneHot, as_one, is_marked, make_multilabel, one_hot
from mmfusion.runs.inspect.roles.task_type import make_task

# More open columns than this behind the last input are a table, and only the last of them is a target.
MOST_TARGETS = 10
SAME_HOLES = 0.99  # a column that says this well which rows have a label is no input


def decide_targets(plan: Plan) -> None:
    """Make tasks of the columns that the user asks to predict; without any, of those that look like targets."""
    names, kinds = plan.requested.targets(), plan.requested.kinds
    together = [name for name in names if kinds.get(name) == "multilabel" and is_marked(plan.columns[name])]
    if len(together) > 1:
        make_multilabel(plan, as_one(plan.columns, together), "as told (--kind)")
        names = [name for name in names if name not in together]
    for name in names:
        make_task(plan, name, "as told (--task)" if name in plan.requested.tasks else "as told (--kind)")
        plan.decisions[name].requested = True
    if not plan.of("task"):
        _guess(plan)


def _guess(plan: Plan) -> None:
    """Make tasks of the columns that look like targets; of a column for each label, one task."""
    groups = one_hot(plan)
    candidates = _candidates(plan, groups)
    is_labelled = any(is_named(name, LABEL) for name in candidates)
    for group in groups:
        reason = next((candidates[name] for name in group.columns if name in candidates), None)
        if reason is not None and (_is_one_target(group) or (group.mark is not None and not is_labelled)):
            make_multilabel(plan, group, reason)
    for name, reason in candidates.items():
        if plan.decisions[name].role != "open" or plan.profiles[name].distinct == 1:
            continue
        # A measurement, or what is known of a person or a place, is no target beside a column that is named like one.
        stats = plan.profiles[name]
        like_an_input = (stats.is_number and not stats.is_category) or is_named(name, INPUT)
        if is_named(name, LABEL) or not (_another_form(plan, name) or (is_labelled and like_an_input)):
            make_task(plan, name, reason)
            _warn_of_holes(plan, name)
    for group in groups:
        task = next((name for name in group.columns if plan.decisions[name].role == "task"), None)
        if task is not None and plan.decisions[task].kind != "multilabel":
            plan.warn(
                task,
                f"{group.description}: if they are labels of one thing, `--kind COLUMN=multilabel` for each makes one "
                "task",
            )


def _candidates(plan: Plan, groups: Sequence[OneHot]) -> dict[str, str]:
    """Columns that may be targets, with the reason."""
    names = [name for name in plan.open() if not (plan.profiles[name].lists and plan.profiles[name].vectors)]
    order = list(plan.decisions)
    chosen = {name: "named like a target" for name in names if is_named(name, LABEL)}
    places = [order.index(decision.column) for decision in plan.of("modality")]
    if places:
        behind = [name for name in names if order.index(name) > max(places)]
        further = [name for group in groups if _is_one_target(group) for name in group.columns[1:]]  # they count as one
        few = len([name for name in behind if name not in further]) <= MOST_TARGETS
        # Yes or no, and empty in some rows: an answer that was not always looked for, as labels are.
        stats = [plan.profiles[name] for name in behind]
        if few or all(column.distinct == 2 and column.filled < column.rows for column in stats):
            chosen |= {name: "it stands after the inputs" for name in behind if name not in chosen}
    if not chosen and names:
        chosen[names[-1]] = "the last column, and none is named like a target"
    return {name: chosen[name] for name in names if name in chosen}


def _is_one_target(group: OneHot) -> bool:
    """Columns of one prefix, or too many to be questions of their own, none of which is named like the target."""
    return group.prefix is not None or (
        len(group.columns) > MOST_TARGETS and not any(is_named(name, LABEL) for name in group.columns)
    )


def _another_form(plan: Plan, name: str) -> bool:
    """Leave a candidate out that is another form of a task before it."""
    for task in plan.of("task"):
        if task.kind == "multilabel":
            continue
        why = relation_to(plan, name, task.column)
        if why is not None:
            plan.ignore(name, f"another form of `{task.column}`: {why}", NEVER)
            return True
    return False


def _warn_of_holes(plan: Plan, name: str) -> None:
    """Say of a task that it gives away which rows another one is known in: a target of its own, but no input."""
    for task in plan.of("task"):
        labelled = plan.coded(task.column).holes if task.column != name else None
        holes = gives(plan.coded(name), labelled) if labelled is not None else None
        if holes is not None and holes.suspicious and holes.value >= SAME_HOLES:
            plan.warn(name, f"it says which rows have a `{task.column}` at all: {NEVER}")
