"""How much nearer rows of one group are to each other than to rows of another."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl

from mmfusion.data.inspect.association import ranks
from mmfusion.data.inspect.leaks import Looked

PAIRS = 300
"""Pairs of texts that are compared, of one group and of two."""

_NEARLY = 0.6
"""Texts that share this much of their words are nearly the same."""

_MOST_ALIKE = 0.9
"""Of a column with one value in more than this share of its rows, the few others may well meet in a group by chance."""


def alike_numbers(group: Looked, other: Looked) -> tuple[float, float] | None:
    """The share of a column's variance that lies between groups, and by how many standard errors there is any.

    Each group is compared with the next in order, not with all, so that a column which rises with the group's own
    number (age and blood pressure) is not alike within it. Numbers are compared by rank, categories by whether they are
    the commonest. None if there is nothing to compare.

    Args:
        group: `[N]`, the groups.
        other: `[N]`, a column of numbers or categories.
    """
    known = (group.codes >= 0) & (other.codes >= 0)
    if not known.any() or np.bincount(other.codes[known]).max() > _MOST_ALIKE * known.sum():
        return None
    if other.numbers is not None:
        x = ranks(other.numbers[known])
    elif other.levels <= 50:
        x = (other.codes[known] == np.bincount(other.codes[known]).argmax()).astype(float)
    else:
        return None
    order = group.codes if group.numbers is None else group.numbers
    _, place, sizes = np.unique(order[known], return_inverse=True, return_counts=True)
    groups, rows = len(sizes), len(x)
    if groups < 3 or rows - groups < 10 or x.std() == 0:
        return None
    means = np.bincount(place, weights=x) / sizes
    within = float(((x - means[place]) ** 2).sum()) / (rows - groups) + 1e-9 * float(x.var())
    expected = within * (1 / sizes[1:] + 1 / sizes[:-1])
    between = float((np.diff(means) ** 2 - expected).mean()) / 2
    error = 1.25 * np.sqrt(2 / (groups - 1) + 2 / (rows - groups))  # of an F ratio; neighbours alone cost a quarter
    return between / (max(between, 0.0) + within), min(rows / groups * between / within / error, 20.0)


def alike_texts(name: str, texts: pl.Series, groups: np.ndarray, labels: np.ndarray | None) -> list[tuple[float, str]]:
    """Evidence that texts of one group share their words, or are nearly the same.

    Args:
        name: the texts' column.
        texts: `[N]`.
        groups: int `[N]`; −1 in none.
        labels: int `[N]`, a label; if given, texts of two groups are compared within one label, as far as there are.
    """
    same, other = _pairs(groups, labels, texts.is_not_null().to_numpy())
    if len(same) < 20 or len(other) < 20:
        return []
    tokens = _tokens(texts, np.unique(np.r_[same.ravel(), other.ravel()]))
    rare = _rarity(tokens)
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
    """Pairs of rows of one group, and of two; int `[P, 2]` each."""
    generator = np.random.default_rng(0)
    rows = generator.permutation(np.flatnonzero(filled & (groups >= 0)))
    sorted_by = [groups[rows], np.zeros(len(rows)) if labels is None else labels[rows]]
    found = []
    for keys, wanted in zip(sorted_by, (True, False), strict=True):
        order = rows[np.argsort(keys, kind="stable")]
        pairs = np.concatenate([np.c_[order[:-step], order[step:]] for step in (1, 2, 3)])
        pairs = pairs[(groups[pairs[:, 0]] == groups[pairs[:, 1]]) == wanted]
        found.append(generator.permutation(pairs)[:PAIRS])
    return found[0], found[1]


def _tokens(texts: pl.Series, rows: np.ndarray) -> dict[int, frozenset[str]]:
    """A text's words; of one without blanks, its pairs of letters. Numbers are left out."""
    lower = texts.gather(rows).str.to_lowercase().str.replace_all(r"[\d\W_]+", " ").str.strip_chars().to_list()
    found = {}
    for row, text in zip(rows.tolist(), lower, strict=True):
        words = text.split()
        is_spaced = len(words) > 1 and max(map(len, words)) <= 15
        found[row] = frozenset(words if is_spaced else map("".join, pairwise(text)))
    return found


def _rarity(tokens: dict[int, frozenset[str]]) -> dict[str, float]:
    counts: dict[str, int] = {}
    for each in tokens.values():
        for token in each:
            counts[token] = counts.get(token, 0) + 1
    return {token: float(np.log(1 + len(tokens) / count)) for token, count in counts.items()}


def _similarity(first: frozenset[str], second: frozenset[str], rare: dict[str, float]) -> float:
    """Jaccard's, each token weighted by its rarity."""
    either = sum(rare[token] for token in first | second)
    return sum(rare[token] for token in first & second) / either if either else 0.0
