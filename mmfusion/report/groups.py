"""Runs in groups: what a configuration reached over its seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from mmfusion.config.errors import ConfigError, suggest
from mmfusion.report.configs import ABSENT, differing, settings, token
from mmfusion.report.run_metrics import value as metric_value
from mmfusion.report.statistics import Interval, interval, means
from mmfusion.store.find import natural
from mmfusion.store.run import Run

Seed = Hashable
"""A run's seed, with the fold that was held out if rows are in folds; a run without a known seed stands for itself."""


class _OfFold(NamedTuple):
    seed: Hashable
    fold: int


@dataclass(frozen=True)
class Group:
    """Runs that agree in the keys they are grouped by, whatever became of them.

    Attributes:
        settings: those keys; `ABSENT` for one that the config does not have.
        cells: run's id to what it has of the keys that differ within groups; runs of one cell differ in seed or fold.
    """

    settings: dict[str, Any]
    runs: list[Run]
    cells: dict[str, Hashable]

    @property
    def completed(self) -> list[Run]:
        return [run for run in self.runs if run.status == "completed"]

    @property
    def others(self) -> dict[str, int]:
        """How many runs are not completed, by status."""
        return dict(Counter(run.status for run in self.runs if run.status != "completed"))


@dataclass(frozen=True)
class Grouping:
    """Groups in no order of merit, and the keys that tell them apart.

    Attributes:
        within: keys that differ but are not grouped by: their runs are averaged, seed by seed.
    """

    by: list[str]
    within: list[str]
    groups: list[Group]

    @property
    def has_folds(self) -> bool:
        """Whether rows are in folds in any of the runs."""
        return any(run.fold is not None for group in self.groups for run in group.runs)


def replicate(run: Run) -> Seed:
    """What tells the run from others of its configuration."""
    seed = run.id if run.seed is None else run.seed
    return seed if run.fold is None else _OfFold(seed, run.fold)


def group_runs(runs: Sequence[Run], by: Sequence[str] = ()) -> Grouping:
    """Group the runs that have a config by the keys that differ between them, or by those that `resolve_key` finds.

    Raises:
        ConfigError: there is no such key.
    """
    known = sorted((run for run in runs if run.config), key=lambda run: natural(run.id))
    rows = settings(known)
    varied = differing(known, rows)
    keys = list(dict.fromkeys(key for name in by for key in resolve_key(name, rows, varied))) if by else varied
    within = [key for key in varied if key not in keys]
    groups: dict[Hashable, Group] = {}
    for run, row in zip(known, rows, strict=True):
        own = {key: row.get(key, ABSENT) for key in keys}
        group = groups.setdefault(token(own), Group(own, [], {}))
        group.runs.append(run)
        group.cells[run.id] = token([row.get(key, ABSENT) for key in within])
    return Grouping(keys, within, list(groups.values()))


def resolve_key(wanted: str, rows: Sequence[Mapping[str, Any]], varied: Sequence[str]) -> list[str]:
    """The keys meant by a whole key, by a section (`modality`: what differs below it), or by a key's end (`lr`).

    Raises:
        ConfigError: none, or several that end so.
    """
    wanted = wanted.replace("/", ".")
    known = sorted({key for row in rows for key in row})
    if wanted in known:
        return [wanted]
    if any(key.startswith(f"{wanted}.") for key in known):
        below = [key for key in varied if key.startswith(f"{wanted}.")]
        if below:
            return below
        raise ConfigError(f"--by {wanted}: nothing below {wanted} differs between the runs")
    for among in (varied, known):
        ends = [key for key in among if key.endswith(f".{wanted}")]
        if len(ends) == 1:
            return ends
        if ends:
            raise ConfigError(f"--by {wanted}: which of them, {', '.join(ends)}?")
    raise ConfigError(f"--by {wanted}: the configs have no such key; {suggest(wanted, varied or known)}")


def by_seed(group: Group, values: Mapping[str, float]) -> dict[Seed, float]:
    """Seed to the mean of its cells, a cell's being the mean of its runs; a run without a value is left out.

    Runs with one seed are averaged first, so that what varies besides the seed does not pass for repetition.
    """
    return _over_cells(_cells(group, values))


def paired_by_seed(a: Group, b: Group, values: Mapping[str, float]) -> tuple[dict[Seed, float], dict[Seed, float]]:
    """`by_seed` of both, over the cells that both have at a seed."""
    cells_a, cells_b = _cells(a, values), _cells(b, values)
    shared = cells_a.keys() & cells_b.keys()
    over_a, over_b = (_over_cells({cell: cells[cell] for cell in shared}) for cells in (cells_a, cells_b))
    return over_a, over_b


def _cells(group: Group, values: Mapping[str, float]) -> dict[tuple[Seed, Hashable], float]:
    own = [run for run in group.runs if run.id in values]
    return means(((replicate(run), group.cells[run.id]), values[run.id]) for run in own)


def _over_cells(cells: Mapping[tuple[Seed, Hashable], float]) -> dict[Seed, float]:
    return means((seed, value) for (seed, _), value in cells.items())


def metric_values(runs: Sequence[Run], metric: str) -> dict[str, float]:
    """Run's id to its value of the metric, for completed runs that have one."""
    completed = [run for run in runs if run.status == "completed"]
    return {run.id: value for run in completed if (value := metric_value(run, metric)) is not None}


def by_fold(seeds: Mapping[Seed, float]) -> dict[Hashable, float]:
    """Each fold to the mean over its seeds; seeds that are of no fold, or all of the same one, stay as they are.

    Seeds of one fold share their training rows and their test rows. Counted one by one they would pass for as many
    splits of the table, and an interval would shrink with every seed though no row is added.
    """
    if len({seed.fold for seed in seeds if isinstance(seed, _OfFold)}) < 2:
        return dict(seeds)
    return means((("fold", s.fold) if isinstance(s, _OfFold) else s, value) for s, value in seeds.items())


def mean_interval(seeds: Mapping[Seed, float], overlap: float = 0.0) -> Interval | None:
    """Mean and 95% interval over seeds, or over folds, `overlap` as `interval` takes it; None without one."""
    return interval(list(by_fold(seeds).values()), overlap) if seeds else None
