"""What speaks for a column's being a group: each a weight, and words for a person (none: it speaks against it)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from mmfusion.data.inspect.alike import alike_numbers
from mmfusion.data.inspect.counts import counted
from mmfusion.data.inspect.leaks import Looked, gives
from mmfusion.data.inspect.spelling import looks_like_codes, looks_like_numbering
from mmfusion.data.inspect.words import GROUP, INPUT, named, words
from mmfusion.data.manifest.delimited import Cells

Evidence = list[tuple[float, str]]

_BY_COUNT = ((5, -2.0), (10, -1.0), (12, -0.5), (19, 0.0))
"""Up to so many different values, the weight of their number: things that rows come from are many; of more, a half."""

_MANY = 20
_SAME = 0.98
_TOGETHER = "rows of one value stand together"


def prior(name: str, unique: pl.Series) -> Evidence:
    """How many values there are, what the column is called and how its values are spelt.

    Args:
        name: of the column.
        unique: its different values as text, sorted.
    """
    weight = next((weight for most, weight in _BY_COUNT if len(unique) <= most), 0.5)
    found: Evidence = []
    if named(name, GROUP) or words(name)[-1:] == ["id"]:
        found.append((1.5, "named like one"))
        weight += 1.0 if weight < 0 else 0.0
    elif all(word in INPUT for word in words(name)) or (not name.isascii() and named(name, INPUT)):
        weight -= 1.0 if name.isascii() else 0.5  # of a Chinese name it is a part alone
    found.append((weight, ""))
    codes = looks_like_codes(unique) or looks_like_numbering(unique)
    return [*found, *([codes] if codes else [])]


def places(values: pl.Series, unique: pl.Series) -> Evidence:
    """Whether the rows of one value stand together in the file, and are equally many.

    Rows that are sorted by a measurement, or by one of few categories, are no evidence, or little.
    """
    count = len(unique)
    runs = int((values != values.shift()).fill_null(True).sum())
    together = (len(values) - runs) / max(len(values) - count, 1)
    sizes = counted(values)["count"]
    found: Evidence = []
    if together >= 0.5 and count > 10:
        numbers = values.cast(pl.Float64, strict=False).drop_nulls()
        measured = len(numbers) == len(values) and numbers.is_sorted() and looks_like_numbering(unique) is None
        found.append((1.0 if together < 0.9 or measured else 2.0, _TOGETHER))
    elif together >= 0.9 and count > 5:
        found.append((1.0, _TOGETHER))
    if sizes.n_unique() == 1 and count > 5:
        found.append((0.5, f"{sizes[0]} rows each"))
    return found


def apart(values: pl.Series, splits: Cells) -> Evidence:
    """Whether no value is in two splits, though by chance many would be."""
    frame = pl.DataFrame({"value": values, "split": pl.Series(splits).cast(pl.String)}).drop_nulls()
    shares = frame["split"].value_counts(normalize=True)["proportion"].to_numpy()
    each = frame.group_by("value").agg(pl.len(), pl.col("split").n_unique().alias("splits"))
    by_chance = float((shares[None, :] ** each["len"].to_numpy()[:, None]).sum())
    alone = int((each["splits"] == 1).sum())
    if alone < 0.98 * len(each) or by_chance >= 0.7 * len(each) or len(each) - by_chance < 3:
        return []
    return [(3.0, "no value is in two splits" if alone == len(each) else "hardly a value is in two splits")]


def attributes(group: Looked, others: Mapping[str, Looked]) -> list[str]:
    """Columns that are the same in all rows of one value, and not just another name of it."""
    found = []
    for name, other in others.items():
        measured = other.numbers is not None and (
            group.numbers is None or bool((np.nan_to_num(other.numbers) % 1 != 0).any())
        )
        if 2 <= other.levels < 0.9 * group.levels or (measured and 2 <= other.levels <= group.levels):
            score = gives(group, Looked(other.codes, None, other.levels))
            if score.suspicious and score.value >= _SAME:
                found.append(name)
    return found


def constant(group: Looked, shared: Mapping[str, Looked]) -> Evidence:
    """That attributes are shared: one of many values weighs more than one of few."""
    if not shared or group.levels <= 5:
        return []
    points = sum(1.5 if each.levels > max(5, 0.2 * group.levels) else 1.0 for each in shared.values())
    shown = ", ".join(f"`{name}`" for name in list(shared)[:3]) + (", …" if len(shared) > 3 else "")
    return [(min(points, 3.0), f"{shown} the same in all rows of one value")]


def alike(group: Looked, others: Sequence[Looked]) -> Evidence:
    """Whether rows of one value are near to each other in more than one number or category."""
    found = [each for other in others if (each := alike_numbers(group, other)) is not None]
    if not found:
        return []
    shares, surprises = (np.array(each) for each in zip(*found, strict=True))
    near = shares >= 0.15
    if surprises.sum() < 4 * np.sqrt(len(found)) or near.mean() < 0.2:
        return []
    strength = float(shares[near].mean())
    said = f"rows of one value are alike in {near.sum()} of {len(near)} other columns"
    if near.sum() > 1 and strength >= (0.3 if near.mean() >= 0.35 else 0.5):
        return [(3.0, said)]
    if near.mean() < 0.35 and group.levels < _MANY:
        return []
    return [(2.5 if strength >= 0.7 else 2.0 if strength >= 0.5 else 1.0, said)]


def in_paths(values: pl.Series, paths: Sequence[Cells]) -> Evidence:
    """Whether each value stands in its row's path as a part of its own: `Actor_07/…`, `…/p12-3.wav`."""
    for cells in paths:
        frame = pl.DataFrame({"value": values, "path": cells}).drop_nulls().head(1000)
        pairs = zip(_parts(frame["value"]), _parts(frame["path"]), strict=True)
        if len(frame) and sum(value in path for value, path in pairs) >= 0.95 * len(frame):
            return [(1.0, "each stands in its row's path")]
    return []


def _parts(texts: pl.Series) -> pl.Series:
    """`Actor_07/p12-3.wav` as `/actor/7/p12/3/wav/`."""
    parts = ("/" + texts.str.to_lowercase() + "/").str.replace_all(r"[^\pL\pN]+", "/")
    return parts.str.replace_all(r"/0+(\d)", "/$1")
