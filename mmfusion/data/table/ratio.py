"""A split by ratio: seeded, optionally grouped, optionally stratified, the same in whatever order the rows come.

Legend: R rows, S splits, U groups, C classes.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

_BINS = 10
MOST_CLASSES = 2 * _BINS
"""Different values from which on numbers are put into bins to stratify by them."""


def split_by_ratio(
    keys: Sequence[str],
    ratio: Mapping[str, float],
    seed: int,
    classes: np.ndarray | None = None,
) -> list[str]:
    """Deal rows out to splits.

    Rows are put in an order that only their keys and the seed decide, class by class, and dealt like cards: each
    next row goes to the split that is furthest behind its share. Every split then has its share of rows within one,
    and of each class within about one. A class that training would lack, because it has a row or two, is given one
    in exchange for a row of the class of which training has most to spare: a class that was never trained on cannot
    be validated either. `keys` `[R]` are what the rows are known by; `classes` Int `[R]` stratify.
    """
    places = _places(keys, seed)
    order = np.argsort(places, kind="stable") if classes is None else np.lexsort((places, classes))
    names, shares_S = list(ratio), np.array(list(ratio.values()))
    split_R = _deal(shares_S, len(order))
    if classes is not None and "train" in names:
        _teach_every_class(split_R, classes[order], names.index("train"))
    result = np.empty_like(split_R)
    result[order] = split_R
    return [names[split] for split in result]


def split_groups(
    ratio: Mapping[str, float],
    seed: int,
    groups: Sequence[str],
    classes: np.ndarray | None = None,
) -> list[str]:
    """Give whole groups to splits, so that no group straddles two.

    Groups that hold more of the table, or of a class, than the smallest split may take come first, the largest
    before the others; then the rest, in an order that only their names and the seed decide. Each goes to the split
    with the most space for it, `argmax_s Σ_c n_c · space_sc / N_c`, where `n_c` is the group's rows of class c,
    `N_c` all rows of class c and `space_sc` the rows of class c that split s still lacks. Shares and classes are
    therefore met as well as the groups' sizes allow. The last group that holds a class which training lacks goes to
    training, as long as there is space in it. A split is never left empty while there are groups to give.
    """
    unit_of = {name: number for number, name in enumerate(dict.fromkeys(groups))}
    units_R = [unit_of[name] for name in groups]
    classes_R = np.zeros(len(groups), dtype=np.int64) if classes is None else classes
    totals_C = np.bincount(classes_R).astype(np.float64)
    counts: list[Counter[int]] = [Counter() for _ in unit_of]
    for unit, label in zip(units_R, classes_R.tolist(), strict=True):
        counts[unit][label] += 1
    # Space as a share of the class; plain floats, because a group rarely has more than a few classes.
    shares = list(ratio.values())
    space = [[share] * len(totals_C) for share in shares]
    unfilled = set(range(len(shares)))
    split_of = [0] * len(unit_of)
    # A large group that came late would find every split but a small one full, and leave training with what is left.
    sizes_U = np.array([_size(unit, totals_C) for unit in counts])
    last = np.where(sizes_U > min(shares) + 1e-9, -sizes_U, 0.0)
    order = np.lexsort((_places(list(unit_of), seed), last)).tolist()
    names = list(ratio)
    train = names.index("train") if "train" in names else -1
    left_in_train = ratio.get("train", 0) * len(groups)
    untaught = Counter(c for unit in counts for c in unit)  # class to the groups still to come that hold it
    for left, unit in zip(range(len(order), 0, -1), order, strict=True):
        open_to: Sequence[int] = sorted(unfilled) if left <= len(unfilled) else range(len(shares))
        now_or_never = any(untaught[c] == 1 for c in counts[unit])
        if train in open_to and now_or_never and left_in_train > 0:
            open_to = [train]
        chosen = max(open_to, key=lambda split: sum(n * space[split][c] for c, n in counts[unit].items()))
        for c, n in counts[unit].items():
            space[chosen][c] -= n / totals_C[c]
            untaught[c] = 0 if chosen == train else untaught[c] - 1
            left_in_train -= n if chosen == train else 0
        unfilled.discard(chosen)
        split_of[unit] = chosen
    return [names[split_of[unit]] for unit in units_R]


def strata(cells: Sequence[object]) -> np.ndarray:
    """Int `[R]`, the class of each cell: its value, or one of ten bins of equal count where there are many numbers.

    An empty cell is a class of its own.
    """
    values, codes_R = np.unique(np.array(["" if cell is None else str(cell) for cell in cells]), return_inverse=True)
    if len(values) <= MOST_CLASSES:
        return codes_R
    try:
        numbers = np.array([float(value) for value in values if value])
    except ValueError:
        return codes_R
    edges = np.quantile([float(values[code]) for code in codes_R if values[code]], np.linspace(0, 1, _BINS + 1)[1:-1])
    bins = np.searchsorted(edges, numbers, side="right") + 1
    return (np.concatenate([[0], bins]) if values[0] == "" else bins)[codes_R]


def _size(group: Counter[int], totals_C: np.ndarray) -> float:
    """The share of all rows that a group holds, or of a class where that is more."""
    return max(group.total() / totals_C.sum(), *(n / totals_C[c] for c, n in group.items()))


def _places(keys: Sequence[str], seed: int) -> np.ndarray:
    """UInt64 `[R]`: a place in line for each key, decided by key and seed alone and the same on every machine."""
    salt = str(seed).encode()
    digests = b"".join(hashlib.blake2b(str(key).encode(), digest_size=8, key=salt).digest() for key in keys)
    return np.frombuffer(digests, dtype=">u8")


def _deal(shares_S: np.ndarray, rows: int) -> np.ndarray:
    """Int `[R]`: to each row in turn the split that is furthest behind its share."""
    # Row k of a split with share p is due at (k + ½) / p: sorting all due times deals without a loop over rows.
    counts_S = _whole(shares_S * rows, rows)
    due = np.concatenate([(np.arange(n) + 0.5) / max(n, 1) for n in counts_S])
    owner = np.repeat(np.arange(len(shares_S)), counts_S)
    return owner[np.argsort(due, kind="stable")]


def _teach_every_class(split_R: np.ndarray, classes_R: np.ndarray, train: int) -> None:
    """Exchange rows, in place, so that training has one of every class (sorted); the splits keep their sizes."""
    _, starts_C, sizes_C = np.unique(classes_R, return_index=True, return_counts=True)
    taught_C = np.add.reduceat(split_R == train, starts_C, dtype=np.int64)
    fair_C = sizes_C * (taught_C.sum() / len(split_R))
    for lacking in np.flatnonzero(taught_C == 0):
        donor = np.argmax(np.where(taught_C > 1, taught_C - fair_C, -np.inf))
        if taught_C[donor] < 2:
            return  # more classes than training rows
        own = split_R[starts_C[donor] : starts_C[donor] + sizes_C[donor]]
        given = np.flatnonzero(own == train)[-1]
        own[given], split_R[starts_C[lacking]] = split_R[starts_C[lacking]], train
        taught_C[donor] -= 1
        taught_C[lacking] = 1


def _whole(exact_S: np.ndarray, rows: int) -> np.ndarray:
    """Whole numbers near `exact_S` that sum to `rows`; no split with a share is left empty if that can be helped."""
    counts_S = np.floor(exact_S + 1e-9).astype(np.int64)
    by_remainder = np.argsort(counts_S - exact_S, kind="stable")
    counts_S[by_remainder[: rows - counts_S.sum()]] += 1
    for split in np.flatnonzero((counts_S == 0) & (exact_S > 0)):
        largest = int(np.argmax(counts_S))
        if counts_S[largest] > 1:
            counts_S[largest] -= 1
            counts_S[split] += 1
    return counts_S
