"""JSON lines, or a JSON list, to columns: one object a row, a missing key is an empty cell."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from mmfusion.data.errors import DataError, Problems, shorten
from mmfusion.data.table.delimited import CHUNK, RawColumn, lines, not_utf8
from mmfusion.data.table.header import name_of


def read_jsonl(path: Path) -> tuple[dict[str, RawColumn], Sequence[int]]:
    """Read a file of one JSON object a line: column to its cells, and the line of each row.

    Strings stay strings and numbers numbers. A column that mixes strings with anything else becomes strings, so that
    `"007"` and `7` stay apart; lists stay lists.

    Raises:
        DataError: a line that is not a JSON object, or one with a key twice, a cell that is an object, bytes that are
            not UTF-8; with the file and the line.
    """
    problems = Problems(path.name)
    parts: list[dict[str, RawColumn]] = []
    numbers: list[int] = []
    chunk: list[dict[str, Any]] = []
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(lines(file, path), 1):
                if not line.strip():
                    continue
                row = _parse(line, number, problems)
                if row is not None:
                    chunk.append(row)
                    numbers.append(number)
                if len(chunk) == CHUNK:
                    parts.append(_pack(chunk))
                    chunk = []
    except UnicodeDecodeError as error:
        raise not_utf8(path, error) from None
    problems.raise_if_any()
    parts.append(_pack(chunk))
    return _columns(parts, path.name), numbers


def read_json(path: Path) -> tuple[dict[str, RawColumn], Sequence[int]]:
    """Read a file that is a list of objects: column to its cells, and each row's number counted from 1.

    One of an object a line is read as such.

    Raises:
        DataError: it is neither, or as `read_jsonl`.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = json.loads(text, object_pairs_hook=_Object)
    except UnicodeDecodeError as error:
        raise not_utf8(path, error) from None
    except json.JSONDecodeError as error:
        if text.lstrip().startswith("{") and error.msg == "Extra data":
            return read_jsonl(path)
        where = f"line {error.lineno}, column {error.colno}"
        raise DataError(f"{path.name}, {where}: not JSON: {error.msg}") from None
    except (RecursionError, ValueError) as error:
        raise DataError(f"{path.name}: not JSON that can be read: {error}") from None
    if isinstance(rows, _Object):
        if rows and all(isinstance(cells, dict | list) for cells in rows.values()):
            raise DataError(
                f"{path.name}: expected a list of objects, one a row, found one object of columns "
                f"({', '.join(list(rows)[:5])}); of a pandas table, write it by to_json(path, orient='records')"
            )
        rows = [rows]
    if not isinstance(rows, list):
        raise DataError(f"{path.name}: expected a list of objects, one a row, found {shorten(rows)}")
    problems = Problems(path.name)
    parsed = [_row(row, number, row, problems) for number, row in enumerate(rows, 1)]
    problems.raise_if_any()
    return _columns([_pack([row for row in parsed if row is not None])], path.name), range(1, len(parsed) + 1)


def _columns(parts: list[dict[str, RawColumn]], file: str) -> dict[str, RawColumn]:
    names = list(dict.fromkeys(name for part in parts for name in part))
    if not names:
        raise DataError(f"{file}: the file holds no row")
    sizes = [len(next(iter(part.values()))) if part else 0 for part in parts]
    return {
        name_of(name, place): _join([part.get(name, [None] * size) for part, size in zip(parts, sizes, strict=True)])
        for place, name in enumerate(names, 1)
    }


class _Object(dict[str, Any]):
    """An object's cells; `twice` is a key that is there more than once, of which JSON would keep the last."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.twice = None if len(self) == len(names) else next(name for name in names if names.count(name) > 1)


def _parse(line: str, number: int, problems: Problems) -> dict[str, Any] | None:
    try:
        return _row(json.loads(line, object_pairs_hook=_Object), number, line.rstrip("\n"), problems)
    except json.JSONDecodeError as error:
        why = f"not JSON: {error.msg} at position {error.pos}"
    except ValueError as error:  # a number of thousands of digits
        why = f"not JSON that can be read: {error}"
    except RecursionError:
        why = "lists inside lists without end"
    problems.add(number, None, line.rstrip("\n"), why)
    return None


def _row(row: Any, number: int, shown: Any, problems: Problems) -> dict[str, Any] | None:
    if not isinstance(row, _Object):
        why = 'expected one object a line, like {"id": "a", "text": "…"}'
        is_table = isinstance(row, list) and row and all(isinstance(item, _Object) for item in row)
        problems.add(number, None, row, why + ("; of a list of them, set data.format=json" if is_table else ""))
        return None
    if row.twice:
        why = f"{row.twice!r} is there more than once; give each cell one value"
        problems.add(number, None, shown, why)
        return None
    nested = [name for name, cell in row.items() if isinstance(cell, dict)]
    for name in nested:
        problems.add(number, name, row[name], "an object inside a cell; write its fields as columns of their own")
    return None if nested else row


def _pack(rows: list[dict[str, Any]]) -> dict[str, RawColumn]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: _column([row.get(name) for row in rows]) for name in names}


def _column(cells: list[Any]) -> RawColumn:
    """Packed by polars where one type fits all cells, a list where cells are lists, else strings."""
    types = {type(cell) for cell in cells} - {type(None)}
    if list in types:
        return cells
    for fits, dtype in (({str}, pl.String), ({bool}, pl.Boolean), ({int}, pl.Int64), ({int, float}, pl.Float64)):
        if types <= fits:
            try:
                return pl.Series(cells, dtype=dtype, strict=True)
            except (TypeError, OverflowError):  # an integer beyond 64 bits is a name, not a number
                break
    return pl.Series(
        [cell if cell is None or isinstance(cell, str) else json.dumps(cell) for cell in cells], dtype=pl.String
    )


def _join(parts: list[RawColumn]) -> RawColumn:
    packed = [part for part in parts if isinstance(part, pl.Series)]
    if len(packed) == len(parts) and len({part.dtype for part in packed}) == 1:
        return pl.concat(packed)
    return _column([cell for part in parts for cell in part])
