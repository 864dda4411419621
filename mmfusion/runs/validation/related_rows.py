"""What share of the test rows has a related row in training: one of the same group, or with nearly the same text.

A score on such rows says how well a model remembers, and not how it will do on new ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import polars as pl

from mmfusion.data.kinds._base import Kind
from mmfusion.data.kinds.text import Text
from mmfusion.data.table.table import Table
from mmfusion.data.table.targets import label_columns
from mmfusion.runs.inspect.columns.coded import as_text
from mmfusion.runs.inspect.columns.profile import profile
from mmfusion.runs.inspect.groups.find_groups import GroupColumn, Grouped, find_groups, find_pair, straddling_values
from mmfusion.runs.inspect.groups.group_column import NAME_WORDS
from mmfusion.tasks._base import Task

WORTH_SAYING = 0.1  # share of rows with a text like one of training from which on it is said
TESTED, TRAINED = 1000, 20_000  # rows whose texts are compared, at most; equal texts are looked for among all
_NEARLY = 0.9
_SHOWN = 5


def tested(table: Table) -> str:
    """The split that scores are reported on: test, or val without one."""
    return "test" if table.where("test") else "val"


def share_in_training(values: pl.Series, table: Table) -> float:
    """Share of the tested rows whose value occurs in training."""
    rows = values.gather(table.where(tested(table)))
    known = values.gather(table.where("train")).drop_nulls().unique()
    return float(rows.is_in(known.implode()).fill_null(False).sum()) / max(len(rows), 1)


def listed(names: Sequence[str]) -> str:
    """The first five, and how many more there are."""
    return ", ".join(names[:_SHOWN]) + (f", … and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def shared_groups(table: Table, column: str) -> str | None:
    """Values of a column that are in more than one split, as a message."""
    groups = as_text(table.column(column))
    frame = pl.DataFrame({"value": groups, "split": list(table.splits)}).drop_nulls()
    shared = frame.unique().group_by("value").agg(pl.col("split").sort()).filter(pl.col("split").list.len() > 1)
    if not len(shared):
        return None
    names = [f"{value} ({', '.join(splits)})" for value, splits in shared.sort("value").iter_rows()]
    return (
        f"{len(shared)} of {frame['value'].n_unique()} values of the group column {column!r} are in several splits, "
        f"and {share_in_training(groups, table):.1%} of the {tested(table)} rows have a row of the same value in "
        f"training: {listed(names)}"
    )


def unseen_groups(
    table: Table, kinds: Mapping[str, Kind], tasks: Mapping[str, Task], split: Mapping[str, Any]
) -> list[str]:
    """A message for a column that holds groups which nothing keeps together, found by what it holds."""
    targets = [column for name, task in tasks.items() for column in label_columns(name, task)]
    inputs = [(column, kind) for name, kind in kinds.items() for column in kind.columns or [name]]
    texts = [column for column, kind in inputs if isinstance(kind, Text)]
    paths = [column for column, kind in inputs if kind.reads_files]
    series = {name: cells for name, cells in table.columns.items() if isinstance(cells, pl.Series)}
    profiles = {name: profile(name, cast(Any, cells)) for name, cells in series.items()}
    contents = [n for n, stats in profiles.items() if n not in (*texts, *paths, split.get("column"))]
    short = [n for n in contents if n not in targets and profiles[n].words <= NAME_WORDS]
    candidates = [name for name in short if profiles[name].labels is None]
    texts, paths, known = ([name for name in names if name in series] for names in (texts, paths, targets))
    grouped = Grouped(series, contents, texts, paths, known)
    groups = find_groups(grouped, candidates) or list(filter(None, [find_pair(grouped, candidates)]))
    used = {column for column, _ in inputs}
    return [message for group in groups if (message := _message(table, group, used, split))]


def similar_texts(table: Table, kinds: Mapping[str, Kind]) -> str | None:
    """How many rows are tested on a text that training has too, nearly; None if few, or if rows hold media as well."""
    columns = [column for name, kind in kinds.items() if isinstance(kind, Text) for column in kind.columns or [name]]
    if not columns or any(kind.reads_files for kind in kinds.values()):
        return None
    cells = [pl.Series([str(c or "") for c in table.column(column)], dtype=pl.String) for column in columns]
    texts = pl.select(pl.concat_str(cells, separator="\n")).to_series()
    texts = texts.str.to_lowercase().str.replace_all(r"\d+", "0").str.replace_all(r"\s+", " ").str.strip_chars()
    texts = texts.set(texts.str.len_chars() == 0, None)
    share = max(share_in_training(texts, table), _share_alike(texts, table))
    if share < WORTH_SAYING:
        return None
    return (
        f"{', '.join(columns)}: {share:.1%} of the {tested(table)} rows have nearly the same text as a row of "
        "training; if these come from one thing (a template, a person), keep it together with data.split.group"
    )


def _message(table: Table, group: GroupColumn, inputs: set[str], split: Mapping[str, Any]) -> str | None:
    columns = [name for name in (group.outer, group.column) if name is not None]
    cells = [pl.Series(table.columns[name]).cast(pl.String) for name in columns]
    share = share_in_training(pl.select(pl.concat_str(cells, separator="\n")).to_series(), table)
    if share == 0:
        return None
    if group.outer is not None:
        where, of, advice = f"columns {' and '.join(columns)}", "two values", f"{group.advice} (data.split.group)"
    else:
        where, of, advice = f"column {group.column}", "value", f"`data.split.group: {group.column}` keeps them together"
        if split.get("column") is not None:
            parted = straddling_values(table.columns[group.column], pl.Series(list(table.splits)))
            advice = f"{parted} of them are parted by column {split['column']!r}; with a split by ratio {advice}"
        if group.few:
            advice += f"; {group.few}" + (", as it is now" if group.column in inputs else "")
    return (
        f"{where}: {share:.1%} of the {tested(table)} rows have a row of the same {of} in training, and "
        f"{group.reason}; {advice}"
    )


def _share_alike(texts: pl.Series, table: Table) -> float:
    """Share of a sample of test rows with a text whose runs of six letters are nearly those of a training row."""
    from sklearn.feature_extraction.text import HashingVectorizer  # takes a second to import

    generator = np.random.default_rng(0)
    samples = []
    for rows, most in ((table.where(tested(table)), TESTED), (table.where("train"), TRAINED)):
        chosen = generator.permutation(np.array(rows, dtype=np.int64))[:most]
        samples.append(texts.gather(chosen).drop_nulls().to_list())
    if not all(samples):
        return 0.0
    letters = HashingVectorizer(analyzer="char", ngram_range=(6, 6), binary=True)
    rows, known = (letters.transform(sample) for sample in samples)
    nearest = (rows @ known.T).max(axis=1).toarray()
    return float((nearest >= _NEARLY).mean())
