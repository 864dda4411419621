"""The contract of a fusion strategy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn

from mmfusion.batch import Encoded

JOINT = "joint"


class Fusion(nn.Module, ABC):
    """Modalities in, streams out; a task grows one head per stream, and `combine` makes them one prediction.

    Feature-level fusion has the one stream `joint`, decision-level one per modality, hybrid both. The model blanks
    absent modalities first: zeros without a real token. Args of every fusion: `dims`, modality to its width `D_m`.
    """

    level: ClassVar[str] = "feature"  # or decision, hybrid
    needs_tokens: bool = False  # works on `Encoded.tokens` rather than on `Encoded.pooled`
    max_modalities: ClassVar[int | None] = None  # None: any number
    streams: dict[str, int]  # stream to its width

    @abstractmethod
    def forward(self, encoded: dict[str, Encoded], present: dict[str, Tensor]) -> dict[str, Tensor]:
        """Streams `[B, streams[s]]` from modalities; `present[m]` is Bool `[B]`, at least one True a row."""

    def combine(self, outputs: dict[str, Tensor], present: dict[str, Tensor]) -> Tensor:
        """One task's head outputs per stream, each `[B, C]`, to its prediction `[B, C]`."""
        return outputs[JOINT]

    def last_layer(self) -> list[nn.Parameter]:
        """Parameters of the last layer that all tasks share (GradNorm's W); empty: the encoders' last layers."""
        return []
