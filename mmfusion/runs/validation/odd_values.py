"""Values that are probably not meant as they are: odd spellings, rounded numbers, words that training does not hold."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from mmfusion.batch import Tokens
from mmfusion.data.batches.modality import cells_of
from mmfusion.data.kinds._base import Kind
from mmfusion.data.kinds.tabular import Tabular, level_name
from mmfusion.data.kinds.text import UNKNOWN, Text
from mmfusion.data.table.cells import factorise
from mmfusion.data.table.empty import NotEmpty, looks_missing
from mmfusion.data.table.table import Table
from mmfusion.data.table.targets import label_columns
from mmfusion.data.table.whole_numbers import rounded
from mmfusion.runs.inspect.columns.similar_names import similar_message
from mmfusion.runs.validation.findings import Findings
from mmfusion.tasks._base import Task

Classes = Mapping[str, Mapping[str, Mapping[str, int]]]
HIGH = 0.3  # share of unknown words outside training from which on a model reads little of a text


def similar_levels(table: Table, kinds: Mapping[str, Kind]) -> list[str]:
    """A message for each categorical column with levels, of whatever split, that look alike."""
    columns = [(name, c) for name, kind in kinds.items() if isinstance(kind, Tabular) for c in kind.levels]
    levels = [(f"{n}: column {c}", map(level_name, factorise(table.column(c))[0])) for n, c in columns]
    return [f"{where}: {alike}" for where, names in levels if (alike := similar_message(names, "levels"))]


def rounded_numbers(table: Table, kinds: Mapping[str, Kind], tasks: Mapping[str, Task]) -> list[str]:
    """A sentence for each numeric input and each target of a regression with numbers that float64 cannot tell apart."""
    read = {f"{name}, column {c!r}": c for name, k in kinds.items() if isinstance(k, Tabular) for c in k.scales}
    regressions = {name: task for name, task in tasks.items() if task.is_regression}
    read |= {f"task {name}, column {c!r}": c for name, task in regressions.items() for c in label_columns(name, task)}
    return [f"{where}: {why}" for where, c in read.items() if (why := rounded(table.column(c))) is not None]


def missing_spellings(kinds: Mapping[str, Kind], classes: Classes, not_empty: NotEmpty | None = None) -> list[str]:
    """A sentence for each task and each column of categories that has a value like `N/A`, `none` or `?`."""
    kept = {value for values in (not_empty or {}).values() for value in values}
    columns = {f"task {task}": dict.fromkeys(chain(*of.values())) for task, of in classes.items()}
    for name, kind in kinds.items():
        if isinstance(kind, Tabular):
            columns |= {f"{name}, column {column!r}": dict.fromkeys(levels) for column, levels in kind.levels.items()}
    messages = []
    for where, values in columns.items():
        if odd := [value for value in values if looks_missing(value)]:
            what = "a class" if where.startswith("task ") else "a level"
            advice = "take it out of data.not_empty" if kept & set(odd) else "add it to data.empty"
            hint = f"looks like an empty cell; if it means one, {advice}"
            messages.append(f"{where}: {', '.join(map(repr, odd))} is {what} and {hint}")
    return messages


def unknown_words(table: Table, kinds: Mapping[str, Kind], findings: Findings) -> None:
    """Note the share of unknown words of each (fitted) text and split, and warn where it is high."""
    for name, kind in kinds.items():
        if not isinstance(kind, Text) or not kind.words:
            continue
        shares = {}
        for split in findings.rows:
            cells = cells_of(table.take(table.where(split)), name, kind)
            tokens = kind.decode_all(cells.take(cells.filled().nonzero()[0]))
            if isinstance(tokens, Tokens) and len(tokens.values):
                shares[split] = float((tokens.values == UNKNOWN).float().mean())
        findings.unknown[name] = shares
        high = [f"{share:.0%} in {split}" for split, share in shares.items() if split != "train" and share > HIGH]
        if high:
            size = f"{len(kind.words)} {kind.tokens or 'tokens'}"
            findings.warnings.append(
                f"{name}: many words are not in the vocabulary of the training split's {size}: {', '.join(high)}; "
                f"{_advice(name, kind, shares.get('train', 0.0))}"
            )


def _advice(name: str, kind: Text, training: float) -> str:
    if training > HIGH:
        return f"so are {training:.0%} in training: lower min_count or raise max_words of data.modalities.{name}"
    if kind.tokens == "words":
        return (
            f"data.modalities.{name}.tokens=characters reads them by character, a Hugging Face tokenizer "
            f"(data.modalities.{name}.tokenizer) by parts of words"
        )
    return "are the splits' texts of one language and one source?"
