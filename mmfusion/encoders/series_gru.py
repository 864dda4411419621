"""Time series through a recurrent network."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Interval
from torch import nn

from mmfusion.batch import Encoded, Input, Tokens
from mmfusion.encoders.recurrent import RecurrentEncoder
from mmfusion.encoders.weights import load_weights


class SeriesGRU(RecurrentEncoder):
    """`h_t = GRU(W x_t + b, h_{t-1})`; `f = h_n`, n being the row's own length; tokens are all `h_t`.

    Paper: GRU (Cho et al., arXiv 1406.1078).

    Args:
        channels: measurements at one time.
        hidden: width of the state; `dim` is twice that if bidirectional.
        cell: gru or lstm.
        layers: stacked cells.
        bidirectional: read from both ends; `last` is then both ends' final states.
        pooling: `last` (`h_n`), or mean, max or attention over the states.
        dropout: on the result and between layers.
        weights: local state dict to start from, or None.
    """

    kind = "series"

    def __init__(
        self,
        channels: int,
        hidden: Annotated[int, Ge(1)] = 128,
        cell: Literal["lstm", "gru"] = "gru",
        layers: Annotated[int, Ge(1)] = 1,
        bidirectional: bool = False,
        pooling: Literal["last", "mean", "max", "attention"] = "last",
        dropout: Annotated[float, Interval(ge=0, le=1)] = 0.1,
        weights: str | None = None,
    ) -> None:
        super().__init__()
        self.project = nn.Linear(channels, hidden)
        self._read_with(hidden, hidden, cell, layers, bidirectional, pooling, dropout)
        load_weights(self, weights)

    def forward(self, x: Input) -> Encoded:
        assert isinstance(x, Tokens)
        return self._read(self.project(x.values), x)
