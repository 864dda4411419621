"""Arrays of numbers from .npy, .npz, CSV and TSV files, or from memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import Tensor

from mmfusion.config.errors import suggest
from mmfusion.data.decode.broken import decoding
from mmfusion.data.decode.numeric_cells import NotANumberError, to_numbers
from mmfusion.data.decode.paths import Place, Root, is_remote, open_media, resolve_path
from mmfusion.data.errors import DecodeError
from mmfusion.data.table.decimals import spelling, to_points
from mmfusion.data.table.dialect import delimiter_line, likeliest

_SHOWN = 100_000
"""Bytes of a file from which its delimiter is inferred."""

_SEPARATORS = {".csv": ",", ".tsv": "\t"}


def read_array(
    cell: Any, root: Root, key: str | None, max_values: int, suffixes: Sequence[str]
) -> tuple[np.ndarray, list[str]]:
    """The numbers a cell holds or names, and the names of a CSV's columns (none otherwise).

    A cell is an array or tensor, or a path to a `.npy`, `.npz`, or, with a header, a `.csv` or `.tsv` file, as far as
    they are among `suffixes`. `key` is the array's name in an `.npz`; None takes its only one.

    Raises:
        DecodeError: the file is missing, broken, holds Python objects, or not numbers.
    """
    array = in_memory(cell)
    if array is not None:
        return _capped(array, "an array", max_values), []
    place, name = resolve_path(root, cell), str(cell)
    suffix = PurePath(name).suffix.lower()
    with decoding(name, root):
        if suffix == ".npy":
            return _read_npy(place, name, max_values), []
        if suffix == ".npz":
            return _read_npz(place, name, key, max_values), []
        if suffix in _SEPARATORS and suffix in suffixes:
            return _read_csv(place, name, _SEPARATORS[suffix], max_values)
    known = f"{', '.join(suffixes[:-1])} or {suffixes[-1]}"
    raise DecodeError(f"{name}: expected a {known} file, found suffix {suffix!r}")


def as_tensor(array: np.ndarray, name: str, offset: Sequence[float] | None = None) -> Tensor:
    """Float16 as it is and any other number as float32; less `offset`, a number a feature, which is float64's work.

    Raises:
        DecodeError: not numbers, or not finite (beyond float32 counts as infinite).
    """
    if array.dtype.kind not in "iufb":
        raise DecodeError(f"{name}: expected numbers, found {array.dtype}")
    if offset is not None:
        array = array.astype(np.float64) - np.asarray(offset)
    with np.errstate(over="ignore"):  # what overflows is refused below
        values = torch.from_numpy(array.astype(np.float16 if array.dtype == np.float16 else np.float32))
    if not values.isfinite().all():
        raise DecodeError(f"{name}: not finite: an empty cell, NaN or infinity (or beyond float32) among its values")
    return values


def in_memory(cell: Any) -> np.ndarray | None:
    """A cell that is an array, a tensor, or a list of numbers or of lists of equal length; None if it is a path."""
    if isinstance(cell, Tensor):
        return cell.numpy(force=True)
    if not isinstance(cell, list):
        return cell if isinstance(cell, np.ndarray) else None
    try:
        return np.array(cell)
    except ValueError:
        raise DecodeError("a list of lists of unequal length; every step needs as many numbers") from None


def cell_name(cell: Any) -> str:
    """What messages call a cell."""
    if isinstance(cell, np.ndarray | Tensor):
        return f"an array of {list(cell.shape)}"
    return f"a list of {len(cell)}" if isinstance(cell, list) else str(cell)


def _capped(array: np.ndarray, name: str, max_values: int) -> np.ndarray:
    if array.size > max_values:
        raise DecodeError(f"{name}: {array.size} values, the most allowed is {max_values} (max_values)")
    return array


def _read_npy(place: Place, name: str, max_values: int) -> np.ndarray:
    if is_remote(place):
        with open_media(place) as file:
            return _capped(np.load(file, allow_pickle=False), name, max_values)
    # Mapped, not read: the cap sees the header's shape before anything is allocated.
    return np.array(_capped(np.load(place, mmap_mode="r", allow_pickle=False), name, max_values))


def _read_npz(place: Place, name: str, key: str | None, max_values: int) -> np.ndarray:
    with open_media(place) as file, np.load(file, allow_pickle=False) as arrays:
        if not isinstance(arrays, np.lib.npyio.NpzFile):
            raise DecodeError(f"{name}: is no .npz archive")
        if key is None and len(arrays.files) != 1:
            raise DecodeError(f"{name}: holds {len(arrays.files)} arrays, {sorted(arrays.files)}; say which by key")
        wanted = key if key is not None else arrays.files[0]
        if wanted not in arrays.files:
            raise DecodeError(f"{name}: has no array {wanted!r}; {suggest(wanted, arrays.files)}")
        assert arrays.zip is not None
        size = arrays.zip.getinfo(f"{wanted}.npy").file_size
        if size > max_values * 8:
            raise DecodeError(f"{name}: {size} bytes, the most allowed is {max_values} values (max_values)")
        return _capped(arrays[wanted], name, max_values)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _read_csv(place: Place, name: str, separator: str, max_values: int) -> tuple[np.ndarray, list[str]]:
    with open_media(place) as file:
        size = file.seek(0, 2)
        if size > max_values * 32:
            raise DecodeError(f"{name}: {size} bytes, the most allowed is {max_values} values (max_values)")
        file.seek(0)
        content = file.read()
    lines = content[:_SHOWN].decode("utf-8-sig", errors="replace").splitlines(keepends=True)[:-1]
    skipped = int(bool(lines) and delimiter_line(lines[0]) is not None)
    separator = likeliest(lines, separator)
    table = pl.read_csv(content, separator=separator, infer_schema=False, skip_rows=skipped)
    # polars makes names of their own of equal ones.
    if table.columns and all(_is_number(column.partition("_duplicated_")[0]) for column in table.columns):
        shown = ", ".join(table.columns[:5])
        raise DecodeError(f"{name}: expected a first line with the columns' names, found the numbers {shown}")
    columns = []
    commas = separator != "," and b"," in content
    marks = {column.name: spelling(column) for column in table.get_columns()} if commas else {}
    if "," in marks.values():
        odd = next((name for name, mark in marks.items() if mark == "."), None)
        if odd is not None:
            raise DecodeError(f"{name}: column {odd!r} has decimal points, and others commas; write them alike")
        table = table.select(to_points(column) for column in table.get_columns())
    for column in table.get_columns():
        try:
            columns.append(to_numbers(column))
        except NotANumberError as error:
            raise DecodeError(f"{name}: column {column.name!r}: {error}") from None
    array = np.stack(columns, 1) if columns else np.zeros((0, 0))
    return _capped(array, name, max_values), table.columns
