"""Text through a recurrent network."""

from __future__ import annotations

from typing import Literal

from torch import nn

from mmfusion.batch import Encoded, Input, Tokens
from mmfusion.encoders._base import Encoder
from mmfusion.encoders.dropout import FeatureDropout
from mmfusion.encoders.pooling import Pooling
from mmfusion.encoders.recurrent import Recurrent
from mmfusion.encoders.weights import load_weights


class RNN(Encoder):
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
    gives_tokens = True

    def __init__(
        self,
        vocab_size: int,
        embedding: int = 128,
        hidden: int = 128,
        cell: Literal["lstm", "gru"] = "lstm",
        layers: int = 1,
        bidirectional: bool = True,
        pooling: Literal["last", "mean", "max", "attention"] = "max",
        embedding_dropout: float = 0.2,
        dropout: float = 0.2,
        weights: str | None = None,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding, padding_idx=0)
        self.embedding_dropout = nn.Dropout(embedding_dropout)
        self.recurrent = Recurrent(embedding, hidden, cell, layers, bidirectional, dropout)
        self.dim = self.recurrent.dim
        # The final state is pooled by the recurrence itself: for two directions it is not one position's state.
        self.pool = None if pooling == "last" else Pooling(pooling, self.dim)
        self.dropout = FeatureDropout(dropout)
        load_weights(self, weights)

    def forward(self, x: Input) -> Encoded:
        assert isinstance(x, Tokens)
        states_BLD, final_BD = self.recurrent(self.embedding_dropout(self.embedding(x.values)), x.lengths)
        mask_BL = Tokens(x.values, x.lengths.clamp(min=1)).mask()
        pooled_BD = final_BD if self.pool is None else self.pool(states_BLD, mask_BL)
        pooled_BD, states_BLD = self.dropout(pooled_BD, states_BLD)
        return Encoded(pooled_BD, states_BLD, mask_BL)
