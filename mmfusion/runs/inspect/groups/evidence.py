"""What speaks for a column's being a group: each a weight, and words for a person (none: it speaks against it)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from mmfusion.data.table.delimited import RawColumn
from mmfusion.runs.inspect.columns.coded import Coded, counted
from mmfusion.runs.inspect.columns.column_names import GROUP, INPUT, is_named, words
from mmfusion.runs.inspect.columns.spelling import is_date, looks_like_codes, looks_like_numbering
from mmfusion.runs.inspect.groups.similarity import IN_ORDER, alike_numbers, contiguity, jumps
from mmfusion.runs.inspect.leaks.prediction import gives

Evidence = list[tuple[float, str]]

# Up to so many different values, the weight of their number: things that rows come from are many; of more, a half.
_BY_COUNT = ((5, -2.0), (10, -1.0), (12, -0.5), (19, 0.0))
FEW = 10  # so few values may be wanted as an input instead
_MANY = 20
_SAME = 0.98
_TOGETHER = "rows of one value stand together"


def weight_of(values: int) -> float:
    """The weight of so many different values."""
    return next((weight for most, weight in _BY_COUNT if values <= most), 0.5)


def prior(name: str, unique: pl.Series) -> Evidence:
    """How many values there are, what the column is called and how its values (text, sorted) are spelt."""
    weight = weight_of(len(unique))
    evidence: Evidence = []
    if is_named(name, GROUP) or words(name)[-1:] == ["id"]:
        evidence.append((1.5, "named like one"))
        weight += 1.0 if weight < 0 else 0.0
    elif all(word in INPUT for word in words(name)) or (not name.isascii() and is_named(name, INPUT)):
        weight -= 1.0 if name.isascii() else 0.5  # of a Chinese name it is a part alone
    evidence.append((weight, ""))
    codes = looks_like_codes(unique) or looks_like_numbering(unique)
    return [*evidence, *([codes] if codes else [])]


def places(values: pl.Series, unique: pl.Series) -> Evidence:
    """Whether the rows of one value stand together in the file, and are equally many.

    Rows that are sorted by a measurement, or by one of few categories, are no evidence, or little.
    """
    count = len(unique)
    ordered = contiguity(values.rank("dense").fill_null(0).to_numpy())
    sizes = counted(values)["count"]
    evidence: Evidence = []
    if ordered >= IN_ORDER and count > 10:
        if is_date(values):  # those of a diary are in order by themselves
            evidence.append((0.0 if values.drop_nulls().is_sorted() else 1.0, _TOGETHER))
        else:
            numbers = values.cast(pl.Float64, strict=False).drop_nulls()
            measured = len(numbers) == len(values) and numbers.is_sorted() and looks_like_numbering(unique) is None
            evidence.append((1.0 if ordered < 0.9 or measured else 1.5 if count < _MANY else 2.0, _TOGETHER))
    elif ordered >= 0.9 and count > 5:
        evidence.append((1.0, _TOGETHER))
    if sizes.n_unique() == 1 and count > 5:
        evidence.append((0.5, f"{sizes[0]} rows each"))
    return evidence


def apart(values: pl.Series, splits: RawColumn) -> Evidence:
    """Whether no value is in two splits, though by chance many would be."""
    frame = pl.DataFrame({"value": values, "split": pl.Series(splits).cast(pl.String)}).drop_nulls()
    shares = frame["split"].value_counts(normalize=True)["proportion"].to_numpy()
    groups = frame.group_by("value").agg(pl.len(), pl.col("split").n_unique().alias("splits"))
    by_chance = float((shares[None, :] ** groups["len"].to_numpy()[:, None]).sum())
    alone = int((groups["splits"] == 1).sum())
    if alone < 0.98 * len(groups) or by_chance >= 0.7 * len(groups) or len(groups) - by_chance < 3:
        return []
    return [(3.0, "no value is in two splits" if alone == len(groups) else "hardly a value is in two splits")]


def attributes(group: Coded, others: Mapping[str, Coded]) -> list[str]:
    """Columns that are the same in all rows of one value, and not just another name of it."""
    names = []
    for name, other in others.items():
        measured = other.numbers is not None and (
            group.numbers is None or bool((np.nan_to_num(other.numbers) % 1 != 0).any())
        )
        if 2 <= other.levels < 0.9 * group.levels or (measured and 2 <= other.levels <= group.levels):
            score = gives(group, Coded(other.codes, None, other.levels))
            if score.suspicious and score.value >= _SAME:
                names.append(name)
    return names


def attribute_evidence(group: Coded, shared: Mapping[str, Coded]) -> Evidence:
    """That attributes are shared: one of many values weighs more than one of few."""
    if not shared or group.levels <= 5:
        return []
    points = sum(1.5 if column.levels > max(5, 0.2 * group.levels) else 1.0 for column in shared.values())
    shown = ", ".join(f"`{name}`" for name in list(shared)[:3]) + (", …" if len(shared) > 3 else "")
    return [(min(points, 3.0), f"{shown} the same in all rows of one value")]


def alike(group: Coded, columns: Sequence[np.ndarray | None]) -> Evidence:
    """Whether rows of one value are near to each other in more than one of the columns that `comparable` gives."""
    others = [x for x in columns if x is not None]
    ordered = contiguity(group.codes) >= IN_ORDER
    if ordered:  # what is the same in stretches of its own overlaps with any other stretches
        others = [x for x in others if not _in_stretches(x[:, 0])]
    compared = [(*score, x) for x in others if (score := alike_numbers(group, x)) is not None]
    near = [(share, surprise, x) for share, surprise, x in compared if share >= 0.15 and surprise >= 2]
    if not near:
        return []
    related = _related([x for _, _, x in near])
    if ordered:
        jumping = np.array([jumps(group, x) for _, _, x in near])
        if jumping.sum() < 2.5 * np.sqrt(related.sum()):
            return []
    least = np.sqrt((16 + 2 * np.log(len(compared))) * related.sum())  # the best of many
    if sum(surprise for _, surprise, _ in near) < least:
        return []
    part, strength = len(near) / len(compared), float(np.mean([share for share, _, _ in near]))
    why = f"rows of one value are alike in {len(near)} of {len(compared)} other columns"
    if group.levels <= FEW and part < 0.5:  # a kind of thing may well differ in something
        return [(1.0, why)]
    if len(near) > 1 and strength >= (0.3 if part >= 0.35 else 0.5):
        return [(3.0, why)]
    if part < 0.35 and group.levels < _MANY:
        return []
    if len(near) > 1 and strength >= 0.3:  # other columns may be many, and of other things
        return [(2.5, why)]
    return [(2.5 if strength >= 0.7 else 2.0 if strength >= 0.5 else 1.0, why)]


def _in_stretches(x: np.ndarray) -> bool:
    codes = np.unique(x, return_inverse=True)[1]
    return bool(codes.max() < len(codes) / 2 and contiguity(codes) >= 0.8)


def _related(columns: Sequence[np.ndarray]) -> np.ndarray:
    """`[K, K]`, squared correlations: what is found in one column is found again in those that follow it."""
    x = np.stack([np.nan_to_num(column[:, 0]) for column in columns])
    return np.atleast_2d(np.corrcoef(x)) ** 2


def in_paths(values: pl.Series, paths: Sequence[RawColumn]) -> Evidence:
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
