"""Which of the open columns are targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmfusion.data.decode.unsupported import ADVICE
from mmfusion.data.errors import SHOWN, DataError
from mmfusion.runs.inspect.columns.column_names import ABOUT_FILE, INPUT, LABEL, named, words
from mmfusion.runs.inspect.groups.group_column import give_hints
from mmfusion.runs.inspect.groups.path_groups import warn_of_path_groups
from mmfusion.runs.inspect.plan import Plan
from mmfusion.runs.inspect.roles.input_columns import NEVER, inputs, warn
from mmfusion.runs.inspect.roles.one_hot import OneHot, as_one, is_marked, make_multilabel, one_hot
from mmfusion.runs.inspect.roles.task_type import make_task, relation, tells_holes
from mmfusion.runs.inspect.roles.text_columns import warn_similar

MOST_TARGETS = 10
"""More open columns than this behind the last input are a table, and only the last of them is a target."""


SAME_HOLES = 0.99
"""A column that says this well which rows have a label is no input."""


def finish(plan: Plan, columns: Mapping[str, Any]) -> Plan:
    """Decide what `structure.start` left open.

    Raises:
        DataError: nothing to learn from, or nothing to predict.
    """
    told = plan.given.targets()
    if plan.of("modality", "image", "speech", "series", "features"):
        for name in plan.open(frozenset(told)):
            if plan.profiles[name].is_number and all(word in ABOUT_FILE for word in words(name)):
                plan.decide(name, "ignored", reason="a number that describes the file rather than what is in it")
    together = [name for name in told if plan.given.kinds.get(name) == "multilabel" and is_marked(columns[name])]
    if len(together) > 1:
        make_multilabel(plan, as_one(columns, together), "as told (--kind)")
        told = [name for name in told if name not in together]
    for name in told:
        make_task(plan, columns, name, "as told (--task)" if name in plan.given.tasks else "as told (--kind)")
        plan.decisions[name].by_hand = True
    if not plan.of("task"):
        _guess(plan, columns)
    if not plan.of("task"):
        raise DataError(
            f"{plan.file}: no column looks like something to predict; name one with --task COLUMN{_reasons(plan)}"
        )
    for media in plan.of("modality"):
        for folder in media.others:
            if plan.decisions[folder].role == "open":
                plan.decide(folder, "merged", reason=f"a part of the paths in `{media.column}`")
    inputs(plan, columns)
    if not plan.of("modality"):
        raise DataError(
            f"{plan.file}: nothing to learn from: no media, no text, and no other column beside the targets; name one "
            f"with --input COLUMN if there is one (--kind COLUMN=KIND says as what){_reasons(plan)}"
        )
    warn(plan, columns)
    give_hints(plan)
    warn_of_path_groups(plan, columns)
    warn_similar(plan, columns)
    return plan


def _reasons(plan: Plan) -> str:
    """Why columns are neither inputs nor targets."""
    found = [f"{d.column}: {d.warning if d.warning in ADVICE.values() else d.reason}" for d in plan.of("ignored")]
    found += [f"{d.column}: {d.role}, {d.reason}" for d in [*plan.of("id"), *plan.of("group")]]
    if len(plan.profiles) == 1:
        found = ["the table has one column; if a sign separates several, set data.delimiter=SIGN", *found]
    more = [f"… and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    return "".join(f"; {reason}" for reason in [*found[:SHOWN], *more])


def _guess(plan: Plan, columns: Mapping[str, Any]) -> None:
    """Make tasks of the columns that look like targets; of a column for each label, one task."""
    groups = one_hot(plan, columns)
    candidates = _candidates(plan, groups)
    is_labelled = any(named(name, LABEL) for name in candidates)
    for group in groups:
        reason = next((candidates[name] for name in group.columns if name in candidates), None)
        if reason is not None and (_is_one_target(group) or (group.mark is not None and not is_labelled)):
            make_multilabel(plan, group, reason)
    for name, reason in candidates.items():
        if plan.decisions[name].role != "open" or plan.profiles[name].distinct == 1:
            continue
        is_input = is_labelled and _like_an_input(plan, name)
        if named(name, LABEL) or not (_another_form(plan, columns, name) or is_input):
            make_task(plan, columns, name, reason)
            _warn_of_holes(plan, columns, name)
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
    chosen = {name: "named like a target" for name in names if named(name, LABEL)}
    places = [order.index(decision.column) for decision in plan.of("modality")]
    if places:
        behind = [name for name in names if order.index(name) > max(places)]
        further = [name for group in groups if _is_one_target(group) for name in group.columns[1:]]  # they count as one
        few = len([name for name in behind if name not in further]) <= MOST_TARGETS
        if few or all(_is_partly_known(plan, name) for name in behind):
            chosen |= {name: "it stands after the inputs" for name in behind if name not in chosen}
    if not chosen and names:
        chosen[names[-1]] = "the last column, and none is named like a target"
    return {name: chosen[name] for name in names if name in chosen}


def _is_one_target(group: OneHot) -> bool:
    """Columns of one prefix, or too many to be questions of their own, none of which is named like the target."""
    return group.prefix is not None or (
        len(group.columns) > MOST_TARGETS and not any(named(name, LABEL) for name in group.columns)
    )


def _is_partly_known(plan: Plan, name: str) -> bool:
    """Yes or no, and empty in some rows: an answer that was not always looked for, as labels are."""
    found = plan.profiles[name]
    return found.distinct == 2 and found.filled < found.rows


def _like_an_input(plan: Plan, name: str) -> bool:
    """A measurement, or what is known of a person or a place; no target beside a column that is named like one."""
    found = plan.profiles[name]
    return (found.is_number and not found.is_category) or named(name, INPUT)


def _another_form(plan: Plan, columns: Mapping[str, Any], name: str) -> bool:
    """Leave a candidate out that is another form of a task before it."""
    for task in plan.of("task"):
        if task.kind == "multilabel":
            continue
        why = relation(plan, columns, name, task.column)
        if why is not None:
            plan.decide(name, "ignored", reason=f"another form of `{task.column}`: {why}", warning=NEVER)
            return True
    return False


def _warn_of_holes(plan: Plan, columns: Mapping[str, Any], name: str) -> None:
    """Say of a task that it gives away which rows another one is known in: a target of its own, but no input."""
    for task in plan.of("task"):
        if task.column == name:
            continue
        holes = tells_holes(plan, columns, name, task.column)
        if holes.suspicious and holes.value >= SAME_HOLES:
            plan.warn(name, f"it says which rows have a `{task.column}` at all: {NEVER}")
