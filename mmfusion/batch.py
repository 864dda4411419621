"""The two structures that cross a package's border: `Batch` from data to model, `Encoded` from encoder to fusion.

Both hold plain tensors. `B` rows, `L` positions, `D` features throughout.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


def blank_rows(x: Tensor, kept_B: Tensor) -> Tensor:
    """`x` `[B, ...]` with zeros in the rows where `kept_B` is False, whatever they hold; no gradient goes to those.

    Not a product: NaN times 0 is NaN, forward and backward.
    """
    return x.masked_fill(~kept_B.to(x.device).view(-1, *[1] * (x.ndim - 1)), 0)


@dataclass
class Tokens:
    """Rows of unequal length, padded at the end.

    Attributes:
        values: `[B, L]` token ids (Long) or a waveform (Float), or `[B, L, D]` vectors; zeros after a row's end.
        lengths: Long `[B]`, the number of real positions; 0 for a row that lacks the modality.
    """

    values: Tensor
    lengths: Tensor

    def blanked(self, present_B: Tensor) -> Tokens:
        """Zeros, and none of them real, in the rows where `present_B` is False."""
        return Tokens(blank_rows(self.values, present_B), blank_rows(self.lengths, present_B))

    def mask(self) -> Tensor:
        """Bool `[B, L]`, True where a position is real."""
        return torch.arange(self.values.shape[1], device=self.values.device) < self.lengths[:, None]

    def to(self, device: torch.device | str, non_blocking: bool = False) -> Tokens:
        return Tokens(*(x.to(device, non_blocking=non_blocking) for x in (self.values, self.lengths)))

    def pin_memory(self) -> Tokens:
        return Tokens(*(x.pin_memory() for x in (self.values, self.lengths)))


Input = Tensor | Tokens


def double_device(device: torch.device | str) -> torch.device:
    """`device`, or the CPU where `device` (Apple's GPUs) has no float64."""
    device = torch.device(device)
    return torch.device("cpu") if device.type == "mps" else device


def as_double(x: Tensor) -> Tensor:
    """`x` as float64, on the CPU where its device has none."""
    return x.to(double_device(x.device), torch.float64)


@dataclass
class Batch:
    """`B` rows of one split, masks included; nothing is ever dropped silently.

    Attributes:
        inputs: modality to its tensor (`[B, ...]`) or `Tokens`; zeros in a row that lacks the modality.
        present: modality to Bool `[B]`, False where the row lacks it.
        targets: task to `[B, ...]`; a fill value in a row without a label. Empty when predicting. Float64 ones stay on
            the CPU where the device has no float64.
        labelled: task to Bool `[B]`, False where the row has no label.
        ids: the rows' ids, in order.
    """

    inputs: dict[str, Input]
    present: dict[str, Tensor]
    targets: dict[str, Tensor]
    labelled: dict[str, Tensor]
    ids: list[str]

    def __len__(self) -> int:
        return len(self.ids)

    def to(self, device: torch.device | str, non_blocking: bool = False) -> Batch:
        """The same batch with every tensor on `device` (Lightning calls this)."""

        def moved(x: Any) -> Any:
            is_double = isinstance(x, Tensor) and x.dtype == torch.float64
            return x.to(double_device(device) if is_double else device, non_blocking=non_blocking)

        return self._mapped(moved)

    def pin_memory(self) -> Batch:
        """The same batch in page-locked memory (the loader calls this when `pin_memory` is on)."""
        return self._mapped(lambda x: x.pin_memory())

    def _mapped(self, function: Callable[[Any], Any]) -> Batch:
        def mapped(part: dict[str, Any]) -> dict[str, Any]:
            return {name: function(x) for name, x in part.items()}

        return Batch(mapped(self.inputs), mapped(self.present), mapped(self.targets), mapped(self.labelled), self.ids)


@dataclass
class Encoded:
    """What an encoder makes of one modality.

    Attributes:
        pooled: `[B, D]`, one vector a row.
        tokens: `[B, L, D]`, the positions before pooling (image patches, words, frames); L may be 1.
        mask: Bool `[B, L]`, True where a token is real; what fusion gets of an absent modality has none.
    """

    pooled: Tensor
    tokens: Tensor
    mask: Tensor

    def blanked(self, present_B: Tensor) -> Encoded:
        """Zeros, and no real token, in the rows where `present_B` is False."""
        return Encoded(*(blank_rows(x, present_B) for x in (self.pooled, self.tokens, self.mask)))

    @classmethod
    def from_pooled(cls, pooled: Tensor) -> Encoded:
        """One token a row: for encoders that have no positions."""
        return cls(pooled, pooled[:, None], torch.ones(len(pooled), 1, dtype=torch.bool, device=pooled.device))
