"""What is in more than one split and must not be: groups, and media."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import polars as pl

from mmfusion.data.table.table import Table
from mmfusion.runs.validation.read_media import Media

_SHOWN = 5


def shared_groups(table: Table, column: str) -> str | None:
    """Values of a column that are in more than one split, as a message."""
    groups = pl.Series([None if cell is None else str(cell) for cell in table.column(column)], dtype=pl.String)
    frame = pl.DataFrame({"value": groups, "split": list(table.splits)}).drop_nulls()
    shared = frame.unique().group_by("value").agg(pl.col("split").sort()).filter(pl.col("split").list.len() > 1)
    if not len(shared):
        return None
    shared = shared.sort("value")
    names = [f"{value} ({', '.join(splits)})" for value, splits in shared.iter_rows()]
    values = frame["value"].n_unique()
    related = share_in_training(groups, table)
    return (
        f"{len(shared)} of {values} values of the group column {column!r} are in several splits, and {related:.1%} of "
        f"the {tested(table)} rows have a row of the same value in training: {listed(names)}"
    )


def tested(table: Table) -> str:
    """The split that scores are reported on: test, or val without one."""
    return "test" if table.where("test") else "val"


def share_in_training(values: pl.Series, table: Table) -> float:
    """Share of the tested rows whose value occurs in training."""
    rows = values.gather(table.where(tested(table)))
    known = values.gather(table.where("train")).drop_nulls().unique()
    return float(rows.is_in(known.implode()).fill_null(False).sum()) / max(len(rows), 1)


def shared_files(media: Media, table: Table) -> str | None:
    """Files that the training split shares with another, as a message."""
    splits = splits_of(media, table)
    shared = [place for place, found in splits.items() if len(found) > 1 and "train" in found]
    if not shared:
        return None
    names = [f"{media.inputs.cells[place]} ({', '.join(sorted(splits[place]))})" for place in shared]
    related = share_in_training(pl.Series(media.inputs.places.numpy()).replace(-1, None), table)
    return (
        f"{media.inputs.name}: {len(shared)} files of the training split are in another split too, those of "
        f"{related:.1%} of the {tested(table)} rows among them: {listed(names)}"
    )


def same_content(media: Media, table: Table) -> str | None:
    """Different files that hold the same, one in the training split and one in another, as a message."""
    splits = splits_of(media, table)
    places: dict[bytes, list[int]] = defaultdict(list)
    for place, fingerprint in media.prints.items():
        places[fingerprint].append(place)
    pairs = []
    for same in places.values():
        training = [place for place in same if "train" in splits[place]]
        others = [place for place in same if splits[place] - {"train"} and "train" not in splits[place]]
        if training and others:
            there = ", ".join(sorted(splits[others[0]]))
            pairs.append(f"{media.inputs.cells[training[0]]} (train) = {media.inputs.cells[others[0]]} ({there})")
    if not pairs:
        return None
    return f"{media.inputs.name}: {len(pairs)} training media are in another split under another name: {listed(pairs)}"


def chosen_and_tested_on(media: Media, table: Table) -> str | None:
    """Media that the checkpoint is chosen on and tested on, under one name or two, as a message."""
    splits = splits_of(media, table)
    places: dict[bytes | int, list[int]] = defaultdict(list)
    for place in splits:
        places[media.prints.get(place, place)].append(place)
    shared = []
    for same in places.values():
        found = set().union(*(splits[place] for place in same))
        if "train" not in found and {"val", "test"} <= found:
            shared.append(" = ".join(str(media.inputs.cells[place]) for place in same))
    if not shared:
        return None
    return f"{media.inputs.name}: {len(shared)} media are in both val and test: {listed(shared)}"


def splits_of(media: Media, table: Table) -> dict[int, set[str]]:
    """A medium's place to the splits that it is in."""
    places = media.inputs.places.numpy()
    names = np.asarray(table.splits, dtype=object)
    found: dict[int, set[str]] = defaultdict(set)
    for split in dict.fromkeys(table.splits):
        for place in np.unique(places[(names == split) & (places >= 0)]).tolist():
            found[place].add(split)
    return found


def listed(names: Sequence[str]) -> str:
    """The first five, and how many more there are."""
    return ", ".join(names[:_SHOWN]) + (f", … and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
