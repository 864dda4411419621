"""The contract of an encoder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Self

from torch import nn

from mmfusion.batch import Encoded, Input


class Encoder(nn.Module, ABC):
    """`f_m = encoder(x_m)`: one modality's input to one vector and a sequence of tokens, of width `dim`.

    An encoder with batch statistics sets `row_wise = False`: it then gets only the rows that have the modality, which
    costs a synchronisation on a GPU. The output of a row without the modality must be finite and is not read.
    """

    kind: ClassVar[str]  # of modality: image, text, speech, tabular, features, series or a user's own
    dim: int  # width of `Encoded.pooled` and `Encoded.tokens`
    gives_tokens: bool = False  # `Encoded.tokens` has more than one position
    row_wise: bool = True  # a row's output depends on that row alone, in training too
    frozen: tuple[str, ...] = ()  # stages that `freeze` stopped; they stay in eval mode

    @abstractmethod
    def forward(self, x: Input) -> Encoded:
        """Encode `[B, ...]` or `Tokens` of B rows."""

    def stages(self) -> list[nn.Module]:
        """Sub-modules in the order in which data passes them, for `freeze: <stage>`; names are attribute names."""
        return list(self.children())

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        for name in self.frozen:
            self.get_submodule(name).eval()
        return self
