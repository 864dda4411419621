"""In what the configs of runs differ, told briefly and without hiding a difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmfusion.report.columns import Columns, token
from mmfusion.report.option_names import TypedKeys, option_names, typed_keys
from mmfusion.store.run import Run

MODALITIES, TASKS, NAME, TARGET = "modalities", "tasks", "name", "_target_"

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
    found: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, Mapping):
            found |= {f"{key}.{rest}": leaf for rest, leaf in flat(value).items()}
        else:
            found[str(key)] = value
    return found


def settings(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Each run's settings as a person names them; runs without a config have none.

    Those of `flat`, but a component stands under its section's name with its option's: `fusion: gated`, not
    `fusion._target_: …`. Besides: `modalities` and `tasks` (`image+text`), and options of groups that are no
    component, where every run was given one (`experiment: digits`).
    """
    known = [run for run in runs if run.config]
    typed = {run.id: typed_keys(run.overrides) for run in known}
    flats = {run.id: flat(run.config) for run in known}
    components = {key for each in flats.values() for key in each if key.endswith(f".{TARGET}")}
    found: dict[str, dict[str, Any]] = {}
    for run in known:
        own = {key: value for key, value in flats[run.id].items() if key not in components}
        for key, section in ((MODALITIES, "encoder"), (TASKS, "task")):
            inside = run.config.get(section)
            if isinstance(inside, Mapping) and inside:
                own[key] = "+".join(sorted(map(str, inside)))
        found[run.id] = own
    for component in sorted(components):
        section = component.removesuffix(f".{TARGET}")
        for name, option in option_names(section, known, flats, typed).items():
            found[name][section] = option
    keys = {key for each in found.values() for key in each}
    groups = [set(each.options) for each in typed.values()]
    for group in set.intersection(*groups) if groups else ():
        if group not in keys and not is_aside(group):
            for run in known:
                found[run.id][group] = typed[run.id].options[group]
    return [found.get(run.id, {}) for run in runs]


def differing(runs: Sequence[Run], rows: Sequence[dict[str, Any]] | None = None) -> list[str]:
    """The fewest keys of `settings` that tell the runs apart, seeds and folds aside.

    Left out is what follows from another key that is told: `fusion.dim` from `fusion`, if every run with one fusion
    has one dim; what an `experiment` brings; a value that is the seed's. A key that was typed is told in any case. Runs
    that agree in all keys told here agree in all that were left out.

    Args:
        runs: those without a config are passed over.
        rows: `settings` of the runs with a config, where they were made before; of many runs they take a second.
    """
    known = [run for run in runs if run.config]
    columns = Columns(settings(known) if rows is None else rows)
    seeds = tuple(token(run.seed) for run in known)
    replicates = tuple(token([run.seed, run.fold]) for run in known)
    typed = [typed_keys(run.overrides) for run in known]
    varied = [key for key in columns.names if not is_aside(key, (*ASIDE, FOLD)) and columns.parts(key) > 1]
    varied = sorted((key for key in varied if key == NAME or columns.column(key) != seeds), key=_place)
    everywhere = [key for key in varied if _brings_anything(key, columns, typed)]
    kept: list[str] = []
    for key in varied:
        whole = {"encoder": MODALITIES, "task": TASKS}.get(key.partition(".")[0])
        if key == NAME or (whole and columns.only_there_or_not(key) and columns.follows(key, whole)):
            continue
        above = [*_above(key), *everywhere]
        if _is_typed(key, typed) or not any(columns.follows(key, each) for each in above if each != key):
            kept.append(key)
    kept = _without_doubles(kept, columns, typed)
    if NAME in varied and not columns.determined(NAME, kept, replicates):
        kept.append(NAME)
    return kept


def _without_doubles(keys: list[str], columns: Columns, typed: Sequence[TypedKeys]) -> list[str]:
    """Keys that were not typed and split the runs as another key does are told by that one."""
    kept: list[str] = []
    for key in sorted(keys, key=lambda key: (not _is_typed(key, typed), keys.index(key))):
        double = not _is_typed(key, typed) and not columns.is_each_ones_own(key)
        if double and any(columns.follows(key, other) and columns.follows(other, key) for other in kept):
            continue
        kept.append(key)
    return sorted(kept, key=keys.index)


def _is_typed(key: str, typed: Sequence[TypedKeys]) -> bool:
    return any(each.names(key) for each in typed)


def _brings_anything(key: str, columns: Columns, typed: Sequence[TypedKeys]) -> bool:
    """Whether it is an option of a group that has no section of its own, such as `experiment`."""
    section = any(other.startswith(f"{key}.") for other in columns.names)
    return not section and any(key in each.options for each in typed)


def _above(key: str) -> list[str]:
    """The sections that the key lies in."""
    parts = key.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts))]


def is_aside(key: str, aside: Sequence[str] = ASIDE) -> bool:
    """Whether `key` is one of `aside` or lies below one."""
    return any(f"{key}.".startswith(f"{each}.") for each in aside)


def _place(key: str) -> tuple[int, str]:
    first = key.partition(".")[0]
    return (_ORDER.index(first) if first in _ORDER else len(_ORDER), key)
