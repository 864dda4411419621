"""Words left out of a text."""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from annotated_types import Interval
from torch import Tensor

from mmfusion.data.transforms._base import Transform


class WordDropout(Transform):
    """Drops each token with probability `rate`; at least one always stays.

    Args:
        rate: probability, 0…1.
        to: unknown (the token becomes `unknown_id`) or removed (the row gets shorter).
        unknown_id: id of an unknown word; 1 is no word of any tokenizer. A Hugging Face tokenizer may have a token of
            its own for it, whose id is two higher here than there.
        keep_ends: never drops a row's first and last token (a Hugging Face tokenizer's special ones).
    """

    kinds = ("text",)

    def __init__(
        self,
        rate: Annotated[float, Interval(ge=0, le=1)],
        to: Literal["unknown", "removed"] = "unknown",
        unknown_id: int = 1,
        keep_ends: bool = False,
    ) -> None:
        self.rate = rate
        self.to = to
        self.unknown_id = unknown_id
        self.keep_ends = keep_ends

    def __call__(self, x: Tensor) -> Tensor:
        drawn_L = torch.rand(len(x))
        dropped_L = (drawn_L < self.rate) & (drawn_L < drawn_L.max())  # the luckiest survives even if all were drawn
        if self.keep_ends:
            dropped_L[[0, -1]] = False
        return x[~dropped_L] if self.to == "removed" else x.masked_fill(dropped_L, self.unknown_id)
