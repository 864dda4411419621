"""Series of measurements: sensors, steering signals, vitals; CSV or .npy files, or arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Len

from mmfusion.config.errors import suggest
from mmfusion.data.decode.arrays import cell_name, read_array
from mmfusion.data.decode.paths import Root, path_columns
from mmfusion.data.errors import DecodeError
from mmfusion.data.kinds._scale import Scale
from mmfusion.data.kinds._scaled import ScaledKind
from mmfusion.data.kinds._window import Crop, Window


class Series(ScaledKind):
    """Float `[L, C]` in memory, `Tokens` of float `[B, L, C]` in a batch, standardised per channel.

    Args:
        column: the manifest's column, with paths or arrays `[L, C]` (`[L]` is one channel), or those of folders and
            file whose cells make up a path; None: the modality's name.
        fields: names of a CSV's columns to take as channels, in this order; None takes all, in the first file's order.
        key: the array's name in an `.npz` file; None takes its only one.
        max_length: longest part of a row, in steps; None takes rows whole.
        crop: which part of a longer row: start, center, or random (in training, center otherwise).
        standardize: scale each channel by the training split's mean and deviation.
        max_values: larger files are refused before they are read.
    """

    suffixes = (".npy", ".npz", ".csv", ".tsv")
    encoder_arguments = ("channels",)
    ragged = True
    reads_files = True

    def __init__(
        self,
        column: str | Sequence[str] | None = None,
        fields: Annotated[Sequence[str], Len(1)] | None = None,
        key: str | None = None,
        max_length: Annotated[int, Ge(1)] | None = None,
        crop: Crop = "start",
        standardize: bool = True,
        max_values: Annotated[int, Ge(1)] = 50_000_000,
    ) -> None:
        self.columns = path_columns(column)
        self.fields = list(fields) if fields is not None else None
        self.key = key
        self.max_values = max_values
        self.window = Window(max_length, crop)
        self.scale = Scale(standardize)
        self.width: int | None = len(fields) if fields is not None else None

    def feature_names(self, first: Any, root: Root) -> list[str]:
        if self.fields is None:  # the first CSV's columns: later files must have them, in whatever order
            self.fields = read_array(first, root, self.key, self.max_values, self.suffixes)[1] or None
        return self.fields or []

    def read(self, cell: Any, root: Root) -> np.ndarray:
        array, names = read_array(cell, root, self.key, self.max_values, self.suffixes)
        name = cell_name(cell)
        if names and self.fields is not None:
            missing = [field for field in self.fields if field not in names]
            if missing:
                raise DecodeError(f"{name}: has no column {missing[0]!r}; {suggest(missing[0], names)}")
            array = array[:, [names.index(field) for field in self.fields]]
        array = array[:, None] if array.ndim == 1 else array
        expected = self.width if self.width is not None else "C"
        if array.ndim != 2 or (self.width is not None and array.shape[1] != self.width):
            raise DecodeError(f"{name}: expected [L, {expected}] numbers, found {list(array.shape)}")
        if array.shape[0] == 0 or array.shape[1] == 0:
            raise DecodeError(f"{name}: holds no steps: {list(array.shape)}")
        return array

    @property
    def channels(self) -> int | None:
        """C, once fitted."""
        return self.width

    def state(self) -> dict[str, Any]:
        return {"channels": self.width, "fields": self.fields, "scale": self.scale.state()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.width, self.fields = state["channels"], state["fields"]
        self.scale.load_state(state["scale"])
