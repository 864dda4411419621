"""Tabular columns through fully connected layers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Annotated

import torch
from annotated_types import Ge, Interval
from torch import Tensor, nn

from mmfusion.batch import Encoded, Input
from mmfusion.encoders._base import Encoder
from mmfusion.encoders.layers import fully_connected
from mmfusion.encoders.weights import load_weights


class TabularMLP(Encoder):
    """`f = MLP([x_1, …, x_N, E_1[c_1], …, E_K[c_K]])` of N standardised numbers and K categories.

    Each hidden layer is `Dropout(ReLU(LayerNorm(W x + b)))`. The tables `E_k` are stored as one. Level 0 of each
    column stands for a level that training did not see; its vector starts at zero, for it is trained by empty cells
    alone, and where there are none a random vector would be a guess that nobody corrects.

    Paper: Guo and Berkhahn, Entity embeddings of categorical variables, arXiv 1604.06737.

    Args:
        numeric: N.
        cardinalities: levels of each categorical column, the unknown one included.
        embedding: width of a category's vector.
        hidden: widths of the hidden layers; empty: the numbers and vectors as they are.
        dropout: after each hidden layer.
        weights: local state dict to start from, or None.

    Raises:
        ValueError: no column at all.
    """

    kind = "tabular"
    offsets: Tensor

    def __init__(
        self,
        numeric: int,
        cardinalities: Sequence[int],
        embedding: Annotated[int, Ge(1)] = 16,
        hidden: Sequence[Annotated[int, Ge(1)]] = (128, 128),
        dropout: Annotated[float, Interval(ge=0, le=1)] = 0.1,
        weights: str | None = None,
    ) -> None:
        super().__init__()
        if numeric + len(cardinalities) == 0:
            raise ValueError("encoder tabular mlp: expected one column or more, found none")
        self.numeric = numeric
        starts = list(accumulate(cardinalities, initial=0))
        self.register_buffer("offsets", torch.tensor(starts[:-1], dtype=torch.long), persistent=False)
        self.embedding = nn.Embedding(starts[-1], embedding) if cardinalities else None
        if self.embedding is not None:
            self.embedding.weight.data[self.offsets] = 0.0
        self.layers, self.dim = fully_connected(numeric + embedding * len(cardinalities), hidden, dropout)
        load_weights(self, weights)

    def forward(self, x: Input) -> Encoded:
        assert isinstance(x, Tensor)
        if self.embedding is None:
            return Encoded.from_pooled(self.layers(x))
        categories_BK = x[:, self.numeric :].long() + self.offsets
        vectors_BE = self.embedding(categories_BK).flatten(1)
        return Encoded.from_pooled(self.layers(torch.cat([x[:, : self.numeric], vectors_BE], dim=1)))
