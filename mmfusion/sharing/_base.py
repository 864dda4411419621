"""The contract of task sharing."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn


class Sharing(nn.Module, ABC):
    """How tasks share what lies between the fused streams and their heads.

    Args of every sharing: `streams` (stream to its width) and `tasks` (their names).

    Attributes:
        dims: task to stream to the width that the task's head receives.
    """

    dims: dict[str, dict[str, int]]

    @abstractmethod
    def forward(self, streams: dict[str, Tensor]) -> dict[str, dict[str, Tensor]]:
        """Streams `[B, D]` to, per task, streams `[B, dims[task][stream]]`."""
