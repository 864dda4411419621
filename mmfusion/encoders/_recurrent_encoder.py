"""What the encoders that read a sequence with a recurrent network share, whatever the sequence is of."""

from __future__ import annotations

from torch import Tensor

from mmfusion.batch import Encoded, Tokens
from mmfusion.encoders._base import Encoder
from mmfusion.encoders.dropout import FeatureDropout
from mmfusion.encoders.pooling import Pooling, real_positions
from mmfusion.encoders.recurrent import Recurrent


class RecurrentEncoder(Encoder):
    """Through an LSTM or GRU; `f` is the final state (`pooling: last`) or pooled states, which are the tokens."""

    gives_tokens = True

    def _read_with(
        self, width: int, hidden: int, cell: str, layers: int, bidirectional: bool, pooling: str, dropout: float
    ) -> None:
        """Make what reads the vectors; to be called once what makes them is there, as weights are drawn in order."""
        self.recurrent = Recurrent(width, hidden, cell, layers, bidirectional, dropout)
        self.dim = self.recurrent.dim
        # The final state is pooled by the recurrence itself: for two directions it is not one position's state.
        self.pool = None if pooling == "last" else Pooling(pooling, self.dim)
        self.dropout = FeatureDropout(dropout)

    def _read(self, vectors_BLD: Tensor, x: Tokens) -> Encoded:
        states_BLD, final_BD = self.recurrent(vectors_BLD, x.lengths)
        mask_BL = real_positions(x)
        pooled_BD = final_BD if self.pool is None else self.pool(states_BLD, mask_BL)
        pooled_BD, states_BLD = self.dropout(pooled_BD, states_BLD)
        return Encoded(pooled_BD, states_BLD, mask_BL)
