"""Tabular data: numeric and categorical columns of the manifest itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmfusion.batch import Input
from mmfusion.config.errors import suggest
from mmfusion.data.decode.numeric_cells import LARGEST, NotANumberError, not_numbers, to_number, to_numbers
from mmfusion.data.decode.paths import Root
from mmfusion.data.errors import CellsError, DataError, DecodeError, Refused
from mmfusion.data.kinds._base import Kind
from mmfusion.data.kinds._scale import moments
from mmfusion.data.table.cells import Cells, factorise
from mmfusion.data.table.empty import looks_missing
from mmfusion.data.table.table import Column, filled, take

MOSTLY = 0.9
"""Share of numbers from which on a column is one of numbers with mistakes in it, and not one of categories."""

FAR = 100
"""Deviations from the training rows' mean from which on a number is of another unit, or misread."""


class Tabular(Kind):
    """Float `[N]`: numeric columns as `(x − mean) / std`, then categorical ones as level numbers, 0 if unknown.

    Mean, deviation and levels come from the training split. A row with all columns empty lacks the modality; in any
    other row an empty number is the mean (0) and an empty category is unknown (0).

    Args:
        columns: columns whose type is found out: numeric if every training cell is a number, categorical if fewer than
            nine of ten are; what lies between is refused, for it looks like numbers with mistakes in them.
        numeric: columns that are numeric whatever is found.
        categorical: columns that are categorical whatever is found (codes written as numbers, say).
    """

    encoder_arguments = ("numeric", "cardinalities")

    def __init__(
        self,
        columns: Sequence[str] = (),
        numeric: Sequence[str] = (),
        categorical: Sequence[str] = (),
    ) -> None:
        both = set(numeric) & set(categorical)
        if both:
            raise ValueError(f"tabular: {sorted(both)} cannot be numeric and categorical at once")
        self.columns = list(dict.fromkeys([*columns, *numeric, *categorical]))
        if not self.columns:
            raise ValueError("tabular: columns is empty; name the manifest's columns to read")
        self._wanted_numeric = set(numeric)
        self._wanted_categorical = set(categorical)
        self.scales: dict[str, tuple[float, float]] = {}
        self.levels: dict[str, dict[str, int]] = {}

    def fit(self, cells: Sequence[Any], root: Root) -> None:
        self.scales, self.levels = {}, {}
        columns = self._by_name(cells if isinstance(cells, Cells) else Cells(list(zip(*cells, strict=True))))
        if refused := [r for name, column in columns.items() for r in self._odd(name, column)]:
            raise CellsError(refused)
        for name, column in columns.items():
            values = None if name in self._wanted_categorical else self._numbers(column)
            if values is None:
                unique, _ = factorise(column)
                known = sorted({level_name(cell) for cell in unique})
                self._present(name, len(known))
                self.levels[name] = {level: i + 1 for i, level in enumerate(known)}
            else:
                values = values[~np.isnan(values)]
                self._present(name, len(values))
                mean, std = moments([torch.from_numpy(values)[:, None]])
                self.scales[name] = (mean.item(), std.item())

    def decode(self, cell: Any, root: Root) -> Tensor:
        return self._decode(Cells([[x] for x in (cell if isinstance(cell, tuple | list) else (cell,))]))[0]

    def decode_all(self, cells: Cells) -> Tensor | None:
        try:
            return self._decode(cells)
        except DecodeError:
            return None  # one by one, to find the row

    def finish(self, stored: Input) -> Input:
        return stored

    def blank(self) -> Tensor:
        return torch.zeros(len(self.scales) + len(self.levels))

    def number_columns(self) -> tuple[list[str], list[str]]:
        known = {*self._wanted_numeric, *self.scales}
        perhaps = [name for name in self.columns if name not in {*known, *self._wanted_categorical, *self.levels}]
        return [name for name in self.columns if name in known], perhaps

    def unseen(self, cells: Cells) -> str:
        columns, notes = self._by_name(cells), []
        for name, levels in self.levels.items():
            unique, index = factorise(columns[name])
            new = {place: str(cell) for place, cell in enumerate(unique) if level_name(cell) not in levels}
            if new:
                rows = int(np.isin(index, list(new)).sum())
                shown = ", ".join(map(repr, list(new.values())[:3])) + (", …" if len(new) > 3 else "")
                notes.append(f"{rows} cells of {name!r} with {len(new)} levels ({shown})")
        return ", ".join(notes)

    def far(self, cells: Cells) -> str:
        columns, notes = self._by_name(cells), []
        for name, (mean, std) in self.scales.items():
            try:
                values = to_numbers(columns[name])
            except NotANumberError:  # refused when it is read, with its row
                continue
            odd = values[np.abs(values - mean) > FAR * std]
            if len(odd):
                notes.append(f"{len(odd)} cells of {name!r}, such as {odd[0]:g} (training has {mean:.4g} ± {std:.2g})")
        return ", ".join(notes)

    @property
    def numeric(self) -> int:
        """Numeric columns."""
        return len(self.scales)

    @property
    def cardinalities(self) -> list[int]:
        """Of each categorical column the number of levels, unknown among them."""
        return [len(levels) + 1 for levels in self.levels.values()]

    def state(self) -> dict[str, Any]:
        return {
            "numeric": {name: list(scale) for name, scale in self.scales.items()},
            "levels": {name: list(levels) for name, levels in self.levels.items()},
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.scales = {name: (scale[0], scale[1]) for name, scale in state["numeric"].items()}
        self.levels = {name: {level: i + 1 for i, level in enumerate(x)} for name, x in state["levels"].items()}

    def _decode(self, cells: Cells) -> Tensor:
        columns, parts = self._by_name(cells), []
        for name, (mean, std) in self.scales.items():
            try:
                values = to_numbers(columns[name])
            except NotANumberError as error:
                raise DecodeError(f"column {name!r}: {error}") from None
            scaled = np.nan_to_num((values - mean) / std)
            if (far := np.abs(scaled) > LARGEST).any():
                value = values[far][0]
                raise DecodeError(f"column {name!r}: {value:g} is too far from the training rows' {mean:g} ± {std:g}")
            parts.append(scaled)
        for name, levels in self.levels.items():
            unique, index = factorise(columns[name])
            # The last entry serves index −1, an empty cell.
            codes = np.array([levels.get(level_name(cell), 0) for cell in unique] + [0], dtype=np.float64)
            parts.append(codes[index])
        return torch.from_numpy(np.stack(parts, 1)).float()

    def _by_name(self, cells: Cells) -> dict[str, Column]:
        return dict(zip(self.columns, cells.columns, strict=True))

    def _numbers(self, column: Column) -> np.ndarray | None:
        """The column's numbers, or None if it holds something else."""
        try:
            return to_numbers(column)
        except NotANumberError:
            return None

    def _odd(self, name: str, column: Column) -> Iterator[Refused]:
        """The cells that are no numbers, of a column that must be of numbers or nearly is."""
        if name in self._wanted_categorical or self._numbers(column) is not None:
            return
        places = not_numbers(column)
        share = 1 - len(places) / int(filled(column).sum())
        if name in self._wanted_numeric:
            advice = f"column {name!r} is listed under `numeric`; mend or empty these cells, or list it as categorical"
        elif share >= MOSTLY:
            advice = (
                f"column {name!r} holds numbers in {100 * share:.3g}% of its training cells; mend the others or empty "
                f"them, or set `categorical: [{name}]` if they are meant"
            )
        else:
            return
        values = list(take(column, places))
        spelt = dict.fromkeys(str(value) for value in values if looks_missing(value))
        if spelt:
            advice += f"; add {', '.join(map(repr, spelt))} to data.empty if it means an empty cell"
        try:
            to_number(values[0])
        except NotANumberError as error:  # for what all of them are, and not only what a word is
            yield Refused(name, places, values, str(error).partition(", found")[0], advice)

    def _present(self, name: str, count: int) -> None:
        if count == 0:
            others = [column for column in self.columns if column != name]
            raise DataError(f"column {name!r} is empty in every training row; {suggest(name, others)}")


def level_name(cell: Any) -> str:
    """A category's name: 1, 1.0 and "1" are one level, true and "true" too."""
    if isinstance(cell, bool | np.bool_):
        return str(bool(cell)).lower()
    if isinstance(cell, float | np.floating) and float(cell).is_integer():
        return str(int(cell))
    return str(cell)
