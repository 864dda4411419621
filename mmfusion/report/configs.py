"""In what the configs of runs differ, told briefly and without hiding a difference."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import accumulate
from typing import Any

from mmfusion.config.override import node_at
from mmfusion.report.option_names import option_names, typed_keys
from mmfusion.store.run import Run

MODALITIES, TASKS, NAME, TARGET = "modalities", "tasks", "name", "_target_"

ABSENT = object()
"""The value of a key that a config does not have, where null is a value."""

ASIDE = ("paths", "seed", "tags", "logger", "trusted_modules", "report", "hydra", "trainer.enable_progress_bar")
"""Keys, and all below them, that do not change what is learned."""

FOLD = "data.split.fold"
"""Which fold is held out: like the seed, it tells runs apart and not configurations."""

_ORDER = (
    *("experiment", "data", "modalities", "encoder", "modality", "fusion", "sharing", "tasks", "task", "head"),
    *("loss_weighting", "gradients_of", "optimizer", "scheduler", "trainer", "callbacks", "compile", "debug", "name"),
)


def flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted key to value; a list is a value, an empty mapping is left out."""
    leaves: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, Mapping):
            leaves |= {f"{key}.{rest}": leaf for rest, leaf in flat(value).items()}
        else:
            leaves[str(key)] = value
    return leaves


def token(value: Any) -> Hashable:
    """Equal for equal values, as dictionary keys need it: 1 and 1.0 are one, True and 1 are not."""
    if isinstance(value, bool) or value is None or value is ABSENT:
        return (type(value).__name__, str(value) if value is not ABSENT else "")
    if isinstance(value, Mapping):
        return tuple(sorted((str(key), token(inner)) for key, inner in value.items()))
    if isinstance(value, list | tuple):
        return ("list", *map(token, value))
    return float(value) if isinstance(value, int | float) else str(value)


def settings(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Each run's settings as a person names them; runs without a config have none.

    Those of `flat`, but a component stands under its section's name with its option's: `fusion: gated`, not
    `fusion._target_: …`. Besides: `modalities` and `tasks` (`image+text`), and options of groups that are no
    component, where every run was given one (`experiment: digits`).
    """
    known = [run for run in runs if run.config]
    typed = {run.id: typed_keys(run.overrides) for run in known}
    flats = {run.id: flat(run.config) for run in known}
    components = sorted({key for leaves in flats.values() for key in leaves if key.endswith(f".{TARGET}")})
    rows: dict[str, dict[str, Any]] = {}
    for run in known:
        rows[run.id] = {key: value for key, value in flats[run.id].items() if key not in components}
        for key, section in ((MODALITIES, "encoder"), (TASKS, "task")):
            if inside := node_at(run.config, section):
                rows[run.id][key] = "+".join(sorted(map(str, inside)))
    for component in components:
        section = component.removesuffix(f".{TARGET}")
        for name, option in option_names(section, known, flats, typed).items():
            rows[name][section] = option
    keys = {key for row in rows.values() for key in row}
    groups = [set(parts.options) for parts in typed.values()]
    for group in set.intersection(*groups) if groups else ():
        if group not in keys and not is_aside(group):
            for name, row in rows.items():
                row[group] = typed[name].options[group]
    return [rows.get(run.id, {}) for run in runs]


def differing(runs: Sequence[Run], rows: Sequence[Mapping[str, Any]] | None = None) -> list[str]:
    """The fewest keys of `settings` that tell the runs apart, seeds and folds aside.

    Left out is what follows from another key that is told: `fusion.dim` from `fusion`, if every run with one fusion
    has one dim; what an `experiment` brings; a value that is the seed's. A key that was typed is told in any case. Runs
    that agree in all keys told here agree in all that were left out.

    Runs without a config are passed over. `rows` are `settings` of the others, where they were made before: of many
    runs they take a second.
    """
    known = [run for run in runs if run.config]
    rows = settings(known) if rows is None else rows
    columns = {key: [token(row.get(key, ABSENT)) for row in rows] for key in sorted({k for row in rows for k in row})}

    def follows(key: str, other: str) -> bool:
        return other in columns and _determines(columns[other], columns[key])

    seeds = [token(run.seed) for run in known]
    varied = [key for key in columns if not is_aside(key, (*ASIDE, FOLD)) and len(set(columns[key])) > 1]
    varied = sorted((key for key in varied if key == NAME or columns[key] != seeds), key=_place)
    typed = [typed_keys(run.overrides) for run in known]
    is_typed = {key: any(parts.names(key) for parts in typed) for key in varied}
    # Options of groups that have no section of their own, such as `experiment`, may bring anything.
    options = {key for parts in typed for key in parts.options}
    everywhere = [key for key in varied if key in options and not any(name.startswith(f"{key}.") for name in columns)]
    kept: list[str] = []
    for key in varied:
        whole = {"encoder": MODALITIES, "task": TASKS}.get(key.partition(".")[0])
        comes_and_goes = len({*columns[key], token(ABSENT)}) == 2  # runs that have the key have one value
        if key == NAME or (whole and comes_and_goes and follows(key, whole)):
            continue
        above = [*accumulate(key.split("."), "{}.{}".format), *everywhere]  # the sections that it lies in
        if is_typed[key] or not any(follows(key, other) for other in above if other != key):
            kept.append(key)
    # Keys that were not typed and split the runs as another key does are told by that one. From a key of which every
    # run has another value anything follows, and it explains nothing.
    distinct: list[str] = []
    for key in sorted(kept, key=lambda key: not is_typed[key]):
        splits = not is_typed[key] and len(set(columns[key])) < len(known)
        if not (splits and any(follows(key, other) and follows(other, key) for other in distinct)):
            distinct.append(key)
    kept = sorted(distinct, key=kept.index)
    others = [[token([run.seed, run.fold]) for run in known], *(columns[key] for key in kept)]
    if NAME in varied and not _determines(list(zip(*others, strict=True)), columns[NAME]):
        kept.append(NAME)
    return kept


def _determines(column: Sequence[Hashable], other: Sequence[Hashable]) -> bool:
    """Whether runs that agree in the one agree in the other."""
    return len(set(zip(column, other, strict=True))) == len(set(column))


def is_aside(key: str, aside: Sequence[str] = ASIDE) -> bool:
    """Whether `key` is one of `aside` or lies below one."""
    return any(f"{key}.".startswith(f"{prefix}.") for prefix in aside)


def _place(key: str) -> tuple[int, str]:
    first = key.partition(".")[0]
    return (_ORDER.index(first) if first in _ORDER else len(_ORDER), key)
