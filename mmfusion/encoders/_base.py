"""The contract of an encoder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Self

from torch import nn

from mmfusion.batch import Encoded, Input


class Encoder(nn.Module, ABC):
    """`f_m = encoder(x_m)`: one modality's input to one vector and a sequence of tokens, of width `dim`.

    Rows must not influence one another (no batch statistics) unless `row_wise` is False; the model then hands such
    an encoder only the rows that have the modality, which costs a synchronisation on a GPU.

    Whatever a row that lacks the modality yields must be finite; fusion never looks at it.

    Attributes:
        kind: the kind of modality it reads: image, text, speech, tabular, features or series.
        dim: width of `Encoded.pooled` and `Encoded.tokens`.
        row_wise: a row's output depends on that row alone, in training too.
        gives_tokens: `Encoded.tokens` has more than one position (fusions over tokens ask for it).
        frozen: names of the stages that `freeze` has stilled; they stay in eval mode.
    """

    kind: ClassVar[str]
    gives_tokens: bool = False
    row_wise: bool = True
    frozen: tuple[str, ...] = ()
    dim: int

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
