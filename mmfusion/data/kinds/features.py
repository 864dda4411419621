"""Features computed elsewhere: columns of numbers, .npy or .npz files, or arrays; vectors or sequences of vectors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmfusion.batch import Input, Tokens
from mmfusion.data.decode.arrays import as_tensor, named, read_array
from mmfusion.data.decode.numeric_cells import NotANumberError, number, numbers
from mmfusion.data.errors import DecodeError
from mmfusion.data.kinds._base import Kind, Root, path_columns
from mmfusion.data.kinds._fit import first_decoded, some_rows
from mmfusion.data.kinds._scale import Scale
from mmfusion.data.kinds._window import Window
from mmfusion.data.table.cells import Cells


class Features(Kind):
    """Vectors `[D]` (float `[B, D]` in a batch) or sequences `[L, D]` (`Tokens`); the first training row says which.

    Args:
        column: the manifest's column, with paths to `.npy` or `.npz` files or with arrays, or those of folders and file
            whose cells make up a path; None, and no `columns`: the modality's name.
        columns: several columns of numbers, one a feature, instead of `column`.
        key: the array's name in an `.npz` file; None takes its only one.
        max_length: longer sequences are cut at their end; None takes them whole.
        standardize: scale each feature by the training split's mean and deviation.
        max_values: larger files are refused before they are read.
    """

    def __init__(
        self,
        column: str | Sequence[str] | None = None,
        columns: Sequence[str] | None = None,
        key: str | None = None,
        max_length: int | None = None,
        standardize: bool = True,
        max_values: int = 50_000_000,
    ) -> None:
        if column is not None and columns:
            raise ValueError(f"features: give column or columns, not both: found {column!r} and {list(columns)}")
        self._by_columns = bool(columns)
        self.columns = list(columns or path_columns(column))
        self.key = key
        self.max_values = max_values
        self.window = Window(max_length)
        self.scale = Scale(standardize)
        self.dim: int | None = len(self.columns) if self._by_columns else None
        self.reads_files = not self._by_columns

    def fit(self, cells: Sequence[Any], root: Root) -> None:
        first = first_decoded(self, cells, root)
        self.ragged = first.ndim == 2
        self.dim = first.shape[-1]
        self.scale.choose_offset(some_rows(self._read, cells, root), self.columns if self._by_columns else ())

    def measure(self, chunks: Iterable[Tensor]) -> None:
        self.scale.fit(chunks)

    def decode(self, cell: Any, root: Root) -> Tensor:
        values = as_tensor(self._read(cell, root), named(cell), self.scale.offset)
        return self.window.cut(values) if values.ndim == 2 else values

    def _read(self, cell: Any, root: Root) -> np.ndarray:
        if self._by_columns:
            return self._from_columns(cell)
        array, _ = read_array(cell, root, self.key, self.max_values, csv=False)
        name = named(cell)
        if array.ndim not in (1, 2) or array.size == 0:
            raise DecodeError(f"{name}: expected a vector [D] or a sequence [L, D], found {list(array.shape)}")
        if self.dim is not None:
            expected = ["L", self.dim] if self.ragged else [self.dim]
            if array.ndim != len(expected) or array.shape[-1] != self.dim:
                raise DecodeError(
                    f"{name}: expected {expected} as in the first training row, found {list(array.shape)}".replace(
                        "'", ""
                    )
                )
        return array

    def decode_all(self, cells: Cells) -> Tensor | None:
        if not self._by_columns:
            return None
        try:
            array = np.stack([numbers(column) for column in cells.columns], 1)
        except NotANumberError:
            return None  # one by one, to find the row
        return None if np.isnan(array).any() else as_tensor(array, self.columns[0], self.scale.offset)

    def finish(self, stored: Input) -> Input:
        if isinstance(stored, Tokens):
            return Tokens(self.scale(stored.values), stored.lengths)
        return self.scale(stored)

    def blank(self) -> Tensor:
        assert self.dim is not None, "blank before fit"
        return torch.zeros(0, self.dim) if self.ragged else torch.zeros(self.dim)

    def number_columns(self) -> tuple[list[str], list[str]]:
        return (self.columns if self._by_columns else []), []

    def encoder_arguments(self) -> dict[str, Any]:
        return {"in_dim": self.dim, "sequence": self.ragged}

    def state(self) -> dict[str, Any]:
        return {"dim": self.dim, "sequence": self.ragged, "scale": self.scale.state()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.dim, self.ragged = state["dim"], state["sequence"]
        self.scale.load_state(state["scale"])

    def _from_columns(self, cell: Any) -> np.ndarray:
        row = []
        for name, value in zip(self.columns, cell if isinstance(cell, tuple | list) else (cell,), strict=True):
            try:
                found = number(value)
            except NotANumberError as error:
                raise DecodeError(f"column {name!r}: {error}") from None
            if math.isnan(found):
                raise DecodeError(f"column {name!r} is empty in a row with other features; fill all or none")
            row.append(found)
        return np.array(row)
