"""Text through a recurrent network."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Interval
from torch import nn

from mmfusion.batch import Encoded, Input, Tokens
from mmfusion.encoders.recurrent import RecurrentEncoder
from mmfusion.encoders.weights import load_weights


class RNN(RecurrentEncoder):
    """`h_t = RNN(E[w_t], h_{t-1})`; `f = h_n` (`pooling: last`) or pooled from all `h_t`, which are the tokens.

    n is the row's own length; `max` and `mean` keep what the state forgets on its way to the end.

    Paper: LSTM (Hochreiter and Schmidhuber, 1997); GRU (Cho et al., arXiv 1406.1078).

    Args:
        vocab_size: number of words, padding (0) and unknown (1) included.
        embedding: width of a word's vector.
        hidden: width of the state; `dim` is twice that if bidirectional.
        cell: lstm or gru.
        layers: stacked cells.
        bidirectional: read from both ends; `last` is then both ends' final states.
        pooling: max, mean or attention over the states, or `last` (`h_n`).
        embedding_dropout: on the words' vectors.
        dropout: on the result and between layers.
        weights: local state dict to start from, or None.
    """

    kind = "text"

    def __init__(
        self,
        vocab_size: int,
        embedding: Annotated[int, Ge(1)] = 128,
        hidden: Annotated[int, Ge(1)] = 128,
        cell: Literal["lstm", "gru"] = "lstm",
        layers: Annotated[int, Ge(1)] = 1,
        bidirectional: bool = True,
        pooling: Literal["last", "mean", "max", "attention"] = "max",
        embedding_dropout: Annotated[float, Interval(ge=0, le=1)] = 0.2,
        dropout: Annotated[float, Interval(ge=0, le=1)] = 0.2,
        weights: str | None = None,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding, padding_idx=0)
        self.embedding_dropout = nn.Dropout(embedding_dropout)
        self._read_with(embedding, hidden, cell, layers, bidirectional, pooling, dropout)
        load_weights(self, weights)

    def forward(self, x: Input) -> Encoded:
        assert isinstance(x, Tokens)
        return self._read(self.embedding_dropout(self.embedding(x.values)), x)
