"""Running a modality's transforms: rows of their own randomness, zeros where there is nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from mmfusion.batch import Input, Tokens
from mmfusion.data.transforms._base import Transform


def apply(transforms: Sequence[Transform], x: Input, generator: torch.Generator) -> Input:
    """All transforms in turn, over the whole batch."""
    for transform in transforms:
        x = transform(x, generator)
    return x


def apply_by_row(transforms: Sequence[Transform], x: Input, seeds: Sequence[int]) -> Input:
    """The same, where a row's result depends on its seed alone: not on its batch, nor on how far it is padded."""
    if not any(transform.random for transform in transforms):
        return apply(transforms, x, torch.Generator())
    generator = torch.Generator()
    done: list[Input] = []
    for row, seed in enumerate(seeds):
        generator.manual_seed(seed)
        done.append(apply(transforms, _one(x, row), generator))
    if not isinstance(x, Tokens):
        return torch.cat([each for each in done if isinstance(each, Tensor)])
    tokens = [each for each in done if isinstance(each, Tokens)]
    width = x.values.shape[1]
    return Tokens(
        torch.cat([_padded(each.values, width) for each in tokens]), torch.cat([each.lengths for each in tokens])
    )


def zeroed(x: Input, present_B: Tensor) -> Input:
    """Zeros in rows that lack the modality and in padding, whatever was there."""
    if isinstance(x, Tokens):
        lengths_B = torch.where(present_B, x.lengths, 0)
        x = replace(x, lengths=lengths_B)
        real = x.mask()
        return replace(x, values=x.values.masked_fill(~real.view(*real.shape, *[1] * (x.values.ndim - 2)), 0))
    if bool(present_B.all()):
        return x
    return x.masked_fill(~present_B.view(-1, *[1] * (x.ndim - 1)), 0)


def _one(x: Input, row: int) -> Input:
    if isinstance(x, Tokens):
        length = max(1, int(x.lengths[row]))
        return Tokens(x.values[row : row + 1, :length], x.lengths[row : row + 1])
    return x[row : row + 1]


def _padded(values: Tensor, width: int) -> Tensor:
    missing = width - values.shape[1]
    return nn.functional.pad(values, [0, 0] * (values.ndim - 2) + [0, missing]) if missing > 0 else values
