"""Which part of a long row a batch takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Crop = Literal["start", "center", "random"]


@dataclass(frozen=True)
class Window:
    """At most `limit` positions of a row."""

    limit: int | None = None  # None takes rows whole
    crop: Crop = "start"  # where the window lies in a longer row: random in training, center otherwise
    full: bool = False  # pad every batch to `limit`, not to its longest row

    def __post_init__(self) -> None:
        if self.full and self.limit is None:
            raise ValueError("padding to full length needs a length: set the limit too")

    def place(self, lengths_B: Tensor, draws_B: Tensor | None) -> tuple[Tensor, Tensor]:
        """Where each row's window starts and how long it is, each Long `[B]`, of rows as long as `lengths_B`.

        `draws_B` are uniform in 0…1, for a random place; None in evaluation.
        """
        if self.limit is None:
            return torch.zeros_like(lengths_B), lengths_B
        spare_B = (lengths_B - self.limit).clamp(min=0)
        if self.crop == "start":
            starts_B = torch.zeros_like(lengths_B)
        elif self.crop == "random" and draws_B is not None:
            starts_B = (draws_B * (spare_B + 1)).long().minimum(spare_B)
        else:
            starts_B = spare_B // 2
        return starts_B, lengths_B.clamp(max=self.limit)

    def cut(self, row: Tensor) -> Tensor:
        """The part of one row that any batch may take: keeps what is stored small."""
        if self.limit is None or self.crop == "random" or len(row) <= self.limit:
            return row
        start = (len(row) - self.limit) // 2 if self.crop == "center" else 0
        return row[start : start + self.limit].clone()
