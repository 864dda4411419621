"""Running a modality's transforms: row by row, each row with randomness of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from mmfusion.batch import Input, Tokens, blank_rows
from mmfusion.data.errors import DataError

Changes = Callable[[Tensor], Tensor]


@torch.no_grad()
def apply(transforms: Sequence[Changes], x: Input, present_B: Tensor, seeds: Sequence[int], key: str) -> Input:
    """The rows that are present through all transforms in turn, without padding; the others as they are.

    Torch's global generator, from which transforms draw, is seeded for each row by one of `seeds`, and afterwards is as
    it was. `key` is where the transforms stand in the config. If one fails, or what they give together has another type
    or shape, it is a DataError.
    """
    rows = [x.values[row, :length] for row, length in enumerate(x.lengths)] if isinstance(x, Tokens) else list(x)
    with torch.random.fork_rng(devices=[]):
        for row in present_B.nonzero()[:, 0].tolist():
            torch.default_generator.manual_seed(seeds[row])
            rows[row] = _changed(transforms, rows[row], isinstance(x, Tokens), key)
    if not isinstance(x, Tokens):
        return torch.stack(rows)
    lengths_B = torch.tensor([len(row) for row in rows])
    width = max(x.values.shape[1], int(lengths_B.max()))
    values = [nn.functional.pad(row, [0, 0] * (row.ndim - 1) + [0, width - len(row)]) for row in rows]
    return Tokens(torch.stack(values), lengths_B)


def _changed(transforms: Sequence[Changes], row: Tensor, ragged: bool, key: str) -> Tensor:
    after = row
    for index, transform in enumerate(transforms):
        if getattr(transform, "sequences", False) and not ragged:
            raise DataError(f"{key}[{index}]: {type(transform).__name__} works on sequences, found {_form(after)}")
        try:
            after = transform(after)
        except Exception as error:  # a transform of any library raises anything
            raise DataError(f"{key}[{index}]: {type(transform).__name__} fails on {_form(after)}: {error}") from error
    fixed = 1 if ragged else 0
    alike = isinstance(after, Tensor) and after.dtype == row.dtype and after.ndim == row.ndim
    if not alike or after.shape[fixed:] != row.shape[fixed:] or len(after) == 0:
        names = ", ".join(type(transform).__name__ for transform in transforms)
        kept = "its type, and its shape but for the length" if ragged else "its type and shape"
        kept += " (an image's are its modality's size and channels)" if row.ndim == 3 else ""
        raise DataError(f"{key}: {names} made {_form(after)} of {_form(row)}; a row must keep {kept}")
    return after


def _form(x: object) -> str:
    if not isinstance(x, Tensor):
        return f"a {type(x).__name__}"
    return f"{str(x.dtype).removeprefix('torch.')} {list(x.shape)}"


def zeroed(x: Input, present_B: Tensor) -> Input:
    """Zeros in rows that lack the modality and in padding, whatever was there."""
    if not isinstance(x, Tokens):
        return x if bool(present_B.all()) else blank_rows(x, present_B)
    x = replace(x, lengths=blank_rows(x.lengths, present_B))
    real_BL = x.mask()
    return replace(x, values=blank_rows(x.values.flatten(0, 1), real_BL.flatten()).view_as(x.values))
