"""Features computed beforehand, through fully connected layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from annotated_types import Ge, Interval
from torch import Tensor

from mmfusion.batch import Encoded, Input, Tokens
from mmfusion.encoders._base import Encoder
from mmfusion.encoders.layers import fully_connected
from mmfusion.encoders.pooling import Pooling, real_positions
from mmfusion.encoders.weights import load_weights


class FeaturesMLP(Encoder):
    """`f = MLP(x)` of a vector, or `f = pool_l MLP(x_l)` of a sequence of vectors, whose positions are the tokens.

    Each hidden layer is `Dropout(ReLU(LayerNorm(W x + b)))`; without any, the features pass as they are.

    Args:
        in_dim: width of a vector.
        sequence: rows are sequences of vectors.
        hidden: widths of the hidden layers; empty: the identity, `dim = in_dim`.
        pooling: of a sequence: mean, max, attention, first or last.
        dropout: after each hidden layer.
        weights: local state dict to start from, or None.
    """

    kind = "features"
    gives_tokens = True

    def __init__(
        self,
        in_dim: int,
        sequence: bool,
        hidden: Sequence[Annotated[int, Ge(1)]] = (256,),
        pooling: Literal["mean", "max", "attention", "first", "last"] = "mean",
        dropout: Annotated[float, Interval(ge=0, le=1)] = 0.1,
        weights: str | None = None,
    ) -> None:
        super().__init__()
        self.gives_tokens = sequence
        self.layers, self.dim = fully_connected(in_dim, hidden, dropout)
        self.pool = Pooling(pooling, self.dim) if sequence else None
        load_weights(self, weights)

    def forward(self, x: Input) -> Encoded:
        if self.pool is None:
            assert isinstance(x, Tensor)
            return Encoded.from_pooled(self.layers(x))
        assert isinstance(x, Tokens)
        tokens_BLD = self.layers(x.values)
        mask_BL = real_positions(x)
        return Encoded(self.pool(tokens_BLD, mask_BL), tokens_BLD, mask_BL)
