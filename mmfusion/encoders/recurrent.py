"""LSTM and GRU over rows of unequal length, so that padding has no part in the result.

Shapes: B rows, L positions, D features in, H features out (twice `hidden` if bidirectional).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.backends.cudnn.rnn import get_cudnn_mode
from torch.nn.functional import dropout
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from mmfusion.batch import Encoded, Tokens
from mmfusion.encoders._base import Encoder
from mmfusion.encoders.layers import FeatureDropout
from mmfusion.encoders.pooling import Pooling, real_positions, take_position


class Recurrent(nn.Module):
    """`h_t = RNN(x_t, h_{t-1})`, `f = h_n` with n the row's own length.

    Two ways to run, with the same parameters and the same result:

    - packed by length: padding never enters the computation, so `f` has the same bits whatever the amount of padding.
      Used on a CPU, where it is the faster way too.
    - the whole padded rectangle, then `h` at position n - 1, which by causality no later position can reach; a
      backward direction reads each row reversed within its own length, which puts the padding last there too. Used on
      an accelerator: packing needs the lengths on the CPU, and fetching them would make the CPU wait for the
      accelerator in every step. Here padding may change the order of additions, no more.

    A row of length 0 is run as one position. Of two directions `f` is both final states, one after the other.
    """

    def __init__(
        self, width: int, hidden: int, cell: str, layers: int = 1, bidirectional: bool = False, dropout: float = 0.0
    ) -> None:
        super().__init__()
        one_way, two_way = (nn.LSTM, _TwoWayLSTM) if cell == "lstm" else (nn.GRU, _TwoWayGRU)
        self.rnn = (two_way if bidirectional else one_way)(
            width,
            hidden,
            num_layers=layers,
            bidirectional=bidirectional,
            dropout=dropout if layers > 1 else 0.0,
            batch_first=True,
        )
        self.dim = hidden * (2 if bidirectional else 1)

    @torch.compiler.disable  # Dynamo knows neither nn.LSTM nor packing: one clean break in the graph
    def forward(self, x_BLD: Tensor, lengths_B: Tensor) -> tuple[Tensor, Tensor]:
        """States `[B, L, H]` (zeros or meaningless after a row's end) and the final state `[B, H]`."""
        lengths_B = lengths_B.clamp(min=1)
        if x_BLD.shape[1] == 0:  # rows that are all empty: none has a state, but each has a final one
            _, final_BH = self.forward(x_BLD.new_zeros(len(x_BLD), 1, x_BLD.shape[2]), lengths_B)
            return final_BH.new_zeros(len(x_BLD), 0, self.dim), final_BH
        return self.packed(x_BLD, lengths_B) if x_BLD.device.type == "cpu" else self.padded(x_BLD, lengths_B)

    def packed(self, x_BLD: Tensor, lengths_B: Tensor) -> tuple[Tensor, Tensor]:
        packed = pack_padded_sequence(x_BLD, lengths_B.cpu(), batch_first=True, enforce_sorted=False)
        packed_states, final = self.rnn(packed)
        hidden_state = final[0] if isinstance(final, tuple) else final
        states_BLH, _ = pad_packed_sequence(packed_states, batch_first=True, total_length=x_BLD.shape[1])
        directions = 2 if self.rnn.bidirectional else 1
        return states_BLH, torch.cat(hidden_state[-directions:].unbind(0), dim=1)

    def padded(self, x_BLD: Tensor, lengths_B: Tensor) -> tuple[Tensor, Tensor]:
        if not self.rnn.bidirectional:
            states_BLH, _ = self.rnn(x_BLD)
            return states_BLH, take_position(states_BLH, lengths_B - 1)
        order_BL = reversed_within(lengths_B, x_BLD.shape[1])
        states_BLH = x_BLD
        for layer in range(self.rnn.num_layers):
            if layer:
                states_BLH = dropout(states_BLH, self.rnn.dropout, self.training)
            there_BLh = self._one_way(states_BLH, 2 * layer)
            back_BLh = _reorder(self._one_way(_reorder(states_BLH, order_BL), 2 * layer + 1), order_BL)
            states_BLH = torch.cat([there_BLh, back_BLh], dim=2)
        return states_BLH, torch.cat([take_position(there_BLh, lengths_B - 1), back_BLh[:, 0]], dim=1)

    def _one_way(self, x_BLD: Tensor, number: int) -> Tensor:
        """One direction of one layer, from its first position to its last: `[B, L, hidden]`."""
        start_1Bh = x_BLD.new_zeros(1, len(x_BLD), self.rnn.hidden_size)
        weights = tuple(self.rnn.all_weights[number])
        if self.rnn.mode == "LSTM":
            return torch.lstm(x_BLD, (start_1Bh, start_1Bh), weights, True, 1, 0.0, self.training, False, True)[0]
        return torch.gru(x_BLD, start_1Bh, weights, True, 1, 0.0, self.training, False, True)[0]


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
        return self.dropout(Encoded(pooled_BD, states_BLD, mask_BL))


class _TwoWay(nn.RNNBase):
    """Keeps each direction's weights in a piece of memory of their own, because each is run by itself.

    cuDNN wants what it runs in one piece, and would copy it together in every call otherwise.
    """

    def flatten_parameters(self) -> None:
        weights = [w for w in self._flat_weights if isinstance(w, Tensor)]
        if len(weights) < len(self._flat_weights_names) or not all(map(_suits_cudnn, weights)):
            return
        with torch.cuda.device_of(weights[0]), torch.no_grad():
            for pieces in self.all_weights:
                sizes = pieces[0].shape[1], get_cudnn_mode(self.mode), self.hidden_size
                torch._cudnn_rnn_flatten_weight(tuple(pieces), len(pieces), *sizes, 0, 1, True, False)


class _TwoWayLSTM(_TwoWay, nn.LSTM):
    pass


class _TwoWayGRU(_TwoWay, nn.GRU):
    pass


def reversed_within(lengths_B: Tensor, positions: int) -> Tensor:
    """`[B, L]`: the order that turns each row around within its length and leaves the padding where it is."""
    position_L = torch.arange(positions, device=lengths_B.device)
    mirrored_BL = lengths_B[:, None] - 1 - position_L
    return torch.where(mirrored_BL >= 0, mirrored_BL, position_L)


def _reorder(x_BLD: Tensor, order_BL: Tensor) -> Tensor:
    return x_BLD.gather(1, order_BL[..., None].expand_as(x_BLD))


def _suits_cudnn(weight: Tensor) -> bool:
    return weight.is_cuda and torch.backends.cudnn.is_acceptable(weight)
