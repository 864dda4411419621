"""Features computed elsewhere: columns of numbers, .npy or .npz files, or arrays; vectors or sequences of vectors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge
from torch import Tensor

from mmfusion.data.decode.arrays import as_tensor, cell_name, read_array
from mmfusion.data.decode.numeric_cells import NotANumberError, to_number, to_numbers
from mmfusion.data.decode.paths import Root, path_columns
from mmfusion.data.errors import DecodeError
from mmfusion.data.kinds._scale import Scale
from mmfusion.data.kinds._scaled import ScaledKind
from mmfusion.data.kinds._window import Window
from mmfusion.data.table.cells import Cells


class Features(ScaledKind):
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

    suffixes = (".npy", ".npz")
    encoder_arguments = ("in_dim", "sequence")

    def __init__(
        self,
        column: str | Sequence[str] | None = None,
        columns: Sequence[str] | None = None,
        key: str | None = None,
        max_length: Annotated[int, Ge(1)] | None = None,
        standardize: bool = True,
        max_values: Annotated[int, Ge(1)] = 50_000_000,
    ) -> None:
        if column is not None and columns:
            raise ValueError(f"features: give column or columns, not both: found {column!r} and {list(columns)}")
        self._by_columns = bool(columns)
        self.columns = list(columns or path_columns(column))
        self.key = key
        self.max_values = max_values
        self.window = Window(max_length)
        self.scale = Scale(standardize)
        self.width: int | None = len(self.columns) if self._by_columns else None
        self.reads_files = not self._by_columns

    def feature_names(self, first: Any, root: Root) -> list[str]:
        return self.columns if self._by_columns else []

    def read(self, cell: Any, root: Root) -> np.ndarray:
        if self._by_columns:
            return self._from_columns(cell)
        array, _ = read_array(cell, root, self.key, self.max_values, self.suffixes)
        name = cell_name(cell)
        if array.ndim not in (1, 2) or array.size == 0:
            raise DecodeError(f"{name}: expected a vector [D] or a sequence [L, D], found {list(array.shape)}")
        if self.width is not None:
            expected = f"[L, {self.width}]" if self.ragged else f"[{self.width}]"
            if self.ragged != (array.ndim == 2) or array.shape[-1] != self.width:
                found = list(array.shape)
                raise DecodeError(f"{name}: expected {expected} as in the first training row, found {found}")
        return array

    def decode_all(self, cells: Cells) -> Tensor | None:
        if not self._by_columns:
            return None
        try:
            array = np.stack([to_numbers(column) for column in cells.columns], 1)
        except NotANumberError:
            return None  # one by one, to find the row
        return None if np.isnan(array).any() else as_tensor(array, self.columns[0], self.scale.offset)

    def number_columns(self) -> tuple[list[str], list[str]]:
        return (self.columns if self._by_columns else []), []

    @property
    def in_dim(self) -> int | None:
        """D, once fitted."""
        return self.width

    @property
    def sequence(self) -> bool:
        """Whether a row is `[L, D]`, once fitted."""
        return self.ragged

    def state(self) -> dict[str, Any]:
        return {"dim": self.width, "sequence": self.ragged, "scale": self.scale.state()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.width, self.ragged = state["dim"], state["sequence"]
        self.scale.load_state(state["scale"])

    def _from_columns(self, cell: Any) -> np.ndarray:
        row = []
        for name, value in zip(self.columns, cell if isinstance(cell, tuple | list) else (cell,), strict=True):
            try:
                feature = to_number(value)
            except NotANumberError as error:
                raise DecodeError(f"column {name!r}: {error}") from None
            if math.isnan(feature):
                raise DecodeError(f"column {name!r} is empty in a row with other features; fill all or none")
            row.append(feature)
        return np.array(row)
