"""Text as a bag of words."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Interval
from torch import nn

from mmfusion.batch import Encoded, Input, Tokens
from mmfusion.encoders._base import Encoder
from mmfusion.encoders.pooling import Pooling, real_positions
from mmfusion.encoders.weights import load_weights


class Bag(Encoder):
    """`f = (1/n) Σ_t E[w_t]`: the mean of the words' vectors, whatever their order; tokens are the vectors.

    Paper: Iyyer et al., Deep unordered composition rivals syntactic methods for text classification, ACL 2015.

    Args:
        vocab_size: number of words, padding (0) and unknown (1) included.
        embedding: width of a word's vector, and `dim`.
        pooling: mean, max or attention.
        dropout: on the words' vectors and on the result.
        weights: local state dict to start from, or None.
    """

    kind = "text"
    gives_tokens = True

    def __init__(
        self,
        vocab_size: int,
        embedding: Annotated[int, Ge(1)] = 128,
        pooling: Literal["mean", "max", "attention"] = "mean",
        dropout: Annotated[float, Interval(ge=0, le=1)] = 0.2,
        weights: str | None = None,
    ) -> None:
        super().__init__()
        self.dim = embedding
        self.embedding = nn.Embedding(vocab_size, embedding, padding_idx=0)
        self.pool = Pooling(pooling, embedding)
        self.dropout = nn.Dropout(dropout)
        load_weights(self, weights)

    def forward(self, x: Input) -> Encoded:
        assert isinstance(x, Tokens)
        words_BLD = self.dropout(self.embedding(x.values))
        mask_BL = real_positions(x)
        return Encoded(self.dropout(self.pool(words_BLD, mask_BL)), words_BLD, mask_BL)
