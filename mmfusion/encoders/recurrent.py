"""LSTM and GRU over rows of unequal length, so that padding has no part in the result.

Shapes: B rows, L positions, D features in, H features out (twice `hidden` if bidirectional).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from mmfusion.encoders.pooling import take_position


class Recurrent(nn.Module):
    """`h_t = RNN(x_t, h_{t-1})`, `f = h_n` with n the row's own length.

    Two ways to run, with the same parameters and the same result:

    - packed by length: padding never enters the computation, so `f` has the same bits whatever the amount of padding.
      Used on a CPU, where it is the faster way too, and for bidirectional cells.
    - the whole padded rectangle, then `h` at position n - 1, which by causality no later position can reach. Used on
      an accelerator for cells of one direction: packing needs the lengths on the CPU, and fetching them would make
      the CPU wait for the accelerator in every step. Here padding may change the order of additions, no more.

    A row of length 0 is run as one position.

    Args:
        width: D.
        hidden: width of one direction's state.
        cell: lstm or gru.
        layers: stacked cells.
        bidirectional: read from both ends; then `f` is both final states, one after the other.
        dropout: between layers, in training.

    Raises:
        ValueError: an unknown cell.
    """

    def __init__(
        self, width: int, hidden: int, cell: str, layers: int = 1, bidirectional: bool = False, dropout: float = 0.0
    ) -> None:
        super().__init__()
        if cell not in ("lstm", "gru"):
            raise ValueError(f"encoder cell: expected lstm or gru, found {cell!r}")
        kind = nn.LSTM if cell == "lstm" else nn.GRU
        self.rnn = kind(
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
        if self.rnn.bidirectional or x_BLD.device.type == "cpu":
            return self.packed(x_BLD, lengths_B)
        return self.padded(x_BLD, lengths_B)

    def packed(self, x_BLD: Tensor, lengths_B: Tensor) -> tuple[Tensor, Tensor]:
        packed = pack_padded_sequence(x_BLD, lengths_B.cpu(), batch_first=True, enforce_sorted=False)
        packed_states, final = self.rnn(packed)
        hidden_state = final[0] if isinstance(final, tuple) else final
        states_BLH, _ = pad_packed_sequence(packed_states, batch_first=True, total_length=x_BLD.shape[1])
        directions = 2 if self.rnn.bidirectional else 1
        return states_BLH, torch.cat(hidden_state[-directions:].unbind(0), dim=1)

    def padded(self, x_BLD: Tensor, lengths_B: Tensor) -> tuple[Tensor, Tensor]:
        assert not self.rnn.bidirectional, "the backward direction would start in the padding"
        states_BLH, _ = self.rnn(x_BLD)
        return states_BLH, take_position(states_BLH, lengths_B - 1)
