"""Words left out of a text."""

from __future__ import annotations

from typing import Literal

import torch

from mmfusion.batch import Input, Tokens
from mmfusion.data.transforms._base import Transform


class WordDropout(Transform):
    """Drops each token with probability `rate`; at least one a row always stays.

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
        rate: float,
        to: Literal["unknown", "removed"] = "unknown",
        unknown_id: int = 1,
        keep_ends: bool = False,
    ) -> None:
        if not 0 <= rate <= 1:
            raise ValueError(f"WordDropout: rate must lie in 0…1, found {rate}")
        if to not in ("unknown", "removed"):
            raise ValueError(f"WordDropout: to must be unknown or removed, found {to!r}")
        self.rate = rate
        self.to = to
        self.unknown_id = unknown_id
        self.keep_ends = keep_ends

    def __call__(self, x: Input, generator: torch.Generator) -> Input:
        if not isinstance(x, Tokens) or x.values.is_floating_point():
            raise ValueError("WordDropout: expected token ids [B, L]")
        real_BL = x.mask()
        drawn_BL = torch.rand(x.values.shape, generator=generator)
        # Padding is no candidate; the luckiest token of a row survives even if all of them were drawn.
        luckiest_BL = drawn_BL == drawn_BL.masked_fill(~real_BL, -1.0).amax(1, keepdim=True)
        dropped_BL = real_BL & (drawn_BL < self.rate) & ~luckiest_BL
        if self.keep_ends:
            positions = torch.arange(x.values.shape[1])
            dropped_BL &= (positions > 0) & (positions < x.lengths[:, None] - 1)
        if self.to == "unknown":
            return Tokens(x.values.masked_fill(dropped_BL, self.unknown_id), x.lengths)
        order_BL = (dropped_BL | ~real_BL).to(torch.uint8).argsort(dim=1, stable=True)
        lengths_B = x.lengths - dropped_BL.sum(1)
        longest = max(1, int(lengths_B.max()))
        return Tokens(x.values.gather(1, order_BL)[:, :longest], lengths_B)
