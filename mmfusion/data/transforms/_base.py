"""The contract of a transform."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor


class Transform(ABC):
    """One row of one modality to a row of the same type and shape; a sequence may change its length.

    Any `nn.Module` that does so is one too, such as those of torchvision.transforms.v2 and torchaudio.transforms.
    Random numbers are drawn from torch's global generator, which is seeded by the row: what a row gets depends on no
    other row, on no batch size and on no process.

    Attributes:
        kinds: the kinds of modality that it works on; None is all. Read from the source, so a literal.
        sequences: works on sequences alone, and not on vectors.
    """

    kinds: tuple[str, ...] | None = None
    sequences: bool = False

    @abstractmethod
    def __call__(self, x: Tensor) -> Tensor:
        """Transform an image `[C, H, W]` in 0…1, a waveform `[S]` in −1…1, token ids `[L]`, numbers `[D]` or `[L, D]`.

        Never in place.
        """
