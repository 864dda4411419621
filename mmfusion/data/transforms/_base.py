"""The contract of a transform."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch

from mmfusion.batch import Input


class Transform(ABC):
    """One modality's batch to a batch of the same type and number of rows; each row has its own random draw.

    Attributes:
        kinds: the kinds of modality that it works on; None is all. Read from the source, so a literal.
        random: draws from the generator. In evaluation a random transform sees row by row, each with a generator
            seeded by the row, so what a row gets depends on no other row, batch size or process.
    """

    kinds: tuple[str, ...] | None = None
    random: bool = True

    @abstractmethod
    def __call__(self, x: Input, generator: torch.Generator) -> Input:
        """Transform `[B, ...]` or `Tokens` of B rows; never in place."""
