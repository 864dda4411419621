"""Over which of their runs rows can be ranked: the combinations that all of them have."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import combinations

from mmfusion.report.formatting import joined, short_keys
from mmfusion.report.groups import Grouping, by_fold, metric_values, replicate
from mmfusion.report.same_rows import SameRows, same_rows
from mmfusion.report.statistics import FEWEST_SEEDS
from mmfusion.store.run import Run

Pair = tuple[Hashable, Hashable]
"""A seed (or a seed and a fold), and a cell: what a run has of the keys that are averaged."""


@dataclass(frozen=True)
class Balance:
    """What rows are ranked by.

    Attributes:
        values: run's id to its value, without the runs of ranked rows that were `left_out`.
        unranked: group's place to why it cannot be ranked beside the others.
        shared: how many combinations all ranked rows have; None where there was no need to look for any.
        combined: what a combination is of: `lr and seed`.
    """

    values: dict[str, float]
    unranked: dict[int, str]
    left_out: list[str]
    shared: int | None
    combined: str
    rows: SameRows


def rankable(groups: Grouping, runs: Sequence[Run], metric: str) -> Balance:
    """What rows are ranked by: the metric of completed runs on the same test rows, over what all of them have."""
    rows = same_rows(runs, metric)
    balanced = _balance(groups, rows)
    stored = metric_values(runs, metric)
    for place, group in enumerate(groups.groups):
        unlike = [run.id for run in group.runs if run.id in rows.unlike]
        if unlike and not any(run.id in rows.values for run in group.runs):
            balanced.unranked[place] = rows.unlike[unlike[0]]
            balanced.values.update({name: stored[name] for name in unlike})
    return balanced


def _balance(groups: Grouping, rows: SameRows) -> Balance:
    """Keep of each row the runs whose combination of seed and averaged keys all ranked rows have.

    Within a row, what varies besides the seed is averaged. A row whose jobs failed, or have not run yet, in the harder
    cells would look better for it, and its seeds would differ by their mix. So each seed that counts has the same
    cells, and each row the same seeds. A row without enough in common with the others is not ranked, rather than
    leaving the others with nothing. Where nothing but the seed varies within rows, there is no mix, and all is kept;
    folds of one table are tested on different rows and count as what varies.
    """
    values = rows.values
    combined = joined([*short_keys(groups.within).values(), "seed", *(["fold"] if groups.has_folds else [])])
    if not groups.within and not groups.has_folds:
        return Balance(dict(values), {}, [], None, combined, rows)
    pair_of = {run.id: (replicate(run), group.cells[run.id]) for group in groups.groups for run in group.runs}
    own = {i: [run.id for run in group.runs if run.id in values] for i, group in enumerate(groups.groups)}
    pairs = {place: {pair_of[name] for name in names} for place, names in own.items() if names}
    kept, shared = _choose(pairs)
    left_out = [name for place in kept for name in own[place] if pair_of[name] not in shared]
    unranked = {}
    for place in pairs.keys() - set(kept):
        has = f"it has {len(pairs[place] & shared) or 'none'} of the {len(shared)} combinations of {combined} that"
        none = f"no two rows have the same combinations of {combined}"
        unranked[place] = f"{has} the ranked rows have" if shared else none
    counted = {name: value for name, value in values.items() if name in pair_of and name not in left_out}
    return Balance(counted, unranked, left_out, len(shared) if kept else None, combined, rows)


def _choose(pairs: Mapping[int, AbstractSet[Pair]]) -> tuple[list[int], frozenset[Pair]]:
    """The rows to rank, and the combinations that they share.

    All rows if they share any; else, and where too few seeds would be left for a test, without those that share
    the least, as long as half of the rows stay.
    """
    kept = list(pairs)
    best: tuple[list[int], frozenset[Pair]] | None = None
    while len(kept) > 1 or (kept and len(pairs) == 1):
        shared = _rectangle(frozenset.intersection(*(frozenset(pairs[place]) for place in kept)))
        seeds = len(by_fold({seed: 0.0 for seed, _ in shared}))  # or folds
        if shared and (best is None or (seeds >= FEWEST_SEEDS and 2 * len(kept) >= len(pairs))):
            best = list(kept), shared
        if seeds >= FEWEST_SEEDS:
            break
        counted = Counter(pair for place in kept for pair in pairs[place])
        least = min(kept, key=lambda place: (sum(counted[pair] - 1 for pair in pairs[place]), -place))
        kept.remove(least)
    return best or ([], frozenset())


def _rectangle(pairs: AbstractSet[Pair]) -> frozenset[Pair]:
    """Seeds × cells that are all there: at least enough seeds for a test if there are any such, then as many as can be.

    Were a cell there for some seeds only, the spread over seeds would be that of the cells.
    """
    seeds_of: defaultdict[Hashable, set[Hashable]] = defaultdict(set)
    for seed, cell in pairs:
        seeds_of[cell].add(seed)
    own = {frozenset(seeds) for seeds in seeds_of.values()}
    best: frozenset[Pair] = frozenset()
    rank: tuple[int, int, int] = (0, 0, 0)
    for seeds in sorted(own | {a & b for a, b in combinations(own, 2)}, key=lambda seeds: sorted(map(repr, seeds))):
        cells = [cell for cell, has in seeds_of.items() if seeds <= has]
        merit = (min(len(seeds), FEWEST_SEEDS), len(seeds) * len(cells), len(seeds))
        if seeds and merit > rank:
            best, rank = frozenset((seed, cell) for seed in seeds for cell in cells), merit
    return best
