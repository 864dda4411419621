"""How much nearer rows of one group are to each other than to rows of another."""

from __future__ import annotations

from collections import Counter
from itertools import chain, pairwise

import numpy as np
import polars as pl
from scipy.special import fdtr, ndtri

from mmfusion.runs.inspect.columns.coded import Coded
from mmfusion.runs.inspect.leaks.association import ranks

PAIRS = 300  # pairs of texts that are compared, of one group and of two; ...
_FEWEST = 20  # ... at least
IN_ORDER = 0.5  # where more rows than this stand behind one of the same value, rows are in the order of a column
_NEARLY = 0.6  # texts that share this much of their words are nearly the same
# Of a column with one value in more than this share of its rows, the few others may well meet in a group by chance.
_MOST_ALIKE = 0.9
_MOST_LEVELS, _COMMONEST, _TENTHS = 50, 6, 10


def comparable(other: Coded) -> np.ndarray | None:
    """`[N, D]` of variance 1 in all, NaN where empty: a number's rank, or which of its commonest levels a category has.

    None if there is nothing to compare.
    """
    known = other.codes >= 0
    sizes = np.bincount(other.codes[known], minlength=1)
    if not known.any() or sizes.max() > _MOST_ALIKE * known.sum():
        return None
    if other.numbers is None and other.levels > _MOST_LEVELS:
        return None
    if other.numbers is not None:
        x = ranks(other.numbers[known])[:, None]
    else:
        x = (other.codes[known, None] == np.argsort(-sizes)[:_COMMONEST]).astype(float)
    x = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0).sum())
    scaled = np.full((len(known), x.shape[1]), np.nan)
    scaled[known] = x
    return scaled


def without(x: np.ndarray, target: Coded) -> np.ndarray:
    """What is left of a column `[N, D]` without the mean of each class of a target, or each tenth of its numbers."""
    part = target.codes
    if target.numbers is not None and target.levels > _TENTHS:
        part = np.full(len(part), -1)
        filled = target.codes >= 0
        part[filled] = ranks(target.numbers[filled]) * _TENTHS // filled.sum()
    elif target.levels > len(part) / _TENTHS:
        return x
    known = ~np.isnan(x[:, 0])
    _, place, sizes = np.unique(part[known], return_inverse=True, return_counts=True)
    rest = x.copy()
    rest[known] -= _means(x[known], place, sizes)[place]
    return rest


def alike_numbers(group: Coded, x: np.ndarray) -> tuple[float, float] | None:
    """The share of a (`comparable`) column's variance between groups, and how surprising it is, as a z-score.

    Each group is compared with the next in order, not with all, so that a column which rises with the group's own
    number (age and blood pressure) is not alike within it. None if there are too few groups or rows.
    """
    known = (group.codes >= 0) & ~np.isnan(x[:, 0])
    order = group.codes if group.numbers is None else group.numbers
    _, place, sizes = np.unique(order[known], return_inverse=True, return_counts=True)
    groups, rows = len(sizes), int(known.sum())
    if groups < 3 or rows - groups < 10:
        return None
    means = _means(x[known], place, sizes)
    within = ((x[known] - means[place]) ** 2).sum(axis=0) / (rows - groups) + 1e-9
    spans = 1 / sizes[1:] + 1 / sizes[:-1]
    ratio = float((np.diff(means, axis=0) ** 2).sum(axis=1) @ (1 / spans)) / (groups - 1) / float(within.sum())
    between = max(ratio - 1, 0.0) / float((2 / spans).mean())
    free = within.sum() ** 2 / (within**2).sum()  # of several columns as good as this many independent ones
    # Neighbours overlap, which costs a third of the degrees of freedom.
    return between / (between + 1), _surprise(ratio, free * (groups - 1) / 1.5, free * (rows - groups))


def jumps(group: Coded, x: np.ndarray) -> float:
    """How much more a column changes from one block of a group's rows to the next than inside a block, as a z-score.

    Of rows in the order of time, those that stand together are alike whatever they are of: what drifts does not jump
    where a new value begins. Rows of one group stand together.
    """
    known = (group.codes >= 0) & ~np.isnan(x[:, 0])
    codes = group.codes[known]
    run = np.cumsum(np.r_[0, codes[1:] != codes[:-1]])
    start = np.r_[0, np.flatnonzero(np.diff(run)) + 1]
    length = np.diff(np.r_[start, len(run)])
    second = np.arange(len(run)) - start[run] >= (length[run] + 1) // 2
    _, half, sizes = np.unique(2 * run + second, return_inverse=True, return_counts=True)
    means = _means(x[known], half, sizes)
    owner = np.zeros(len(sizes), dtype=np.int64)
    owner[half] = run
    change = (np.diff(means, axis=0) ** 2).sum(axis=1) / (1 / sizes[1:] + 1 / sizes[:-1])
    inside = owner[1:] == owner[:-1]
    if inside.sum() < 3 or (~inside).sum() < 3:
        return 0.0
    ratio = (change[~inside].mean() + 1e-9) / (change[inside].mean() + 1e-9)
    return _surprise(float(ratio), float((~inside).sum()), float(inside.sum()))


def _means(x: np.ndarray, place: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    return np.stack([np.bincount(place, weights=column, minlength=len(sizes)) / sizes for column in x.T], axis=1)


def _surprise(ratio: float, above: float, below: float) -> float:
    """A ratio of two variances as a z-score, at most 20."""
    return float(np.clip(ndtri(fdtr(below, above, 1 / max(ratio, 1e-9))), -20, 20)) * -1.0


def alike_texts(name: str, texts: pl.Series, groups: np.ndarray, labels: np.ndarray | None) -> list[tuple[float, str]]:
    """Evidence that texts of one group (int `[N]`, −1 in none) share their words, or are nearly the same.

    With labels, int `[N]`, texts of two groups are compared within one label, as far as there are.
    """
    same, other = _pairs(groups, labels, texts.is_not_null().to_numpy())
    if len(same) < _FEWEST or len(other) < _FEWEST:
        return []
    tokens = _tokens(texts, np.unique(np.r_[same.ravel(), other.ravel()]))
    counts = Counter(chain.from_iterable(tokens.values()))
    rare = {token: float(np.log(1 + len(tokens) / count)) for token, count in counts.items()}
    near, far = (np.array([_similarity(tokens[a], tokens[b], rare) for a, b in pairs]) for pairs in (same, other))
    nearer = float(np.mean((near[:, None] > far) + 0.5 * (near[:, None] == far)))
    independent = max(min(len(np.unique(same)) / 2, len(near)), 1)  # rows that several pairs share count once
    error = np.sqrt(2 / (12 * independent))
    if (near > _NEARLY).mean() >= 0.3 and (far > _NEARLY).mean() < 0.1:
        return [(3.0, f"`{name}` is nearly the same in rows of one value")]
    sizes = np.unique(groups[groups >= 0], return_counts=True)[1]
    if nearer >= 0.62 and nearer > 0.5 + 4 * error:
        many = len(sizes) > 20 or sizes.mean() <= 20  # products have words of their own, too
        return [(3.0 if nearer >= 0.7 and many else 2.0, f"`{name}` shares its words in rows of one value")]
    return []


def _pairs(groups: np.ndarray, labels: np.ndarray | None, filled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of rows of one group, and of two; int `[P, 2]` each. Where groups stand together, of neighbours alone."""
    generator = np.random.default_rng(0)
    rows = np.flatnonzero(filled & (groups >= 0))
    label = np.zeros(len(groups)) if labels is None else labels
    ordered = contiguity(groups[rows]) >= IN_ORDER
    if not ordered:
        rows = generator.permutation(rows)
    samples = []
    for keys, wanted in zip((groups, label), (True, False), strict=True):
        order = rows if ordered else rows[np.argsort(keys[rows], kind="stable")]
        pairs = np.concatenate([np.c_[order[:-step], order[step:]] for step in (1, 2, 3)])
        pairs = pairs[(groups[pairs[:, 0]] == groups[pairs[:, 1]]) == wanted]
        alike = label[pairs[:, 0]] == label[pairs[:, 1]]
        if not wanted and ordered and alike.sum() >= _FEWEST:
            pairs = pairs[alike]
        samples.append(generator.permutation(pairs)[:PAIRS])
    return samples[0], samples[1]


def contiguity(codes: np.ndarray) -> float:
    """Share of rows that stand behind one of the same value, of those that could."""
    count = len(np.unique(codes))
    return float((codes[1:] == codes[:-1]).sum()) / max(len(codes) - count, 1)


def _tokens(texts: pl.Series, rows: np.ndarray) -> dict[int, frozenset[str]]:
    """A text's words; of one without blanks, its pairs of letters. Numbers are left out."""
    lower = texts.gather(rows).str.to_lowercase().str.replace_all(r"[\d\W_]+", " ").str.strip_chars().to_list()
    tokens = {}
    for row, text in zip(rows.tolist(), lower, strict=True):
        words = text.split()
        is_spaced = len(words) > 1 and max(map(len, words)) <= 15
        tokens[row] = frozenset(words if is_spaced else map("".join, pairwise(text)))
    return tokens


def _similarity(first: frozenset[str], second: frozenset[str], rare: dict[str, float]) -> float:
    """Jaccard's, each token weighted by its rarity."""
    either = sum(rare[token] for token in first | second)
    return sum(rare[token] for token in first & second) / either if either else 0.0
