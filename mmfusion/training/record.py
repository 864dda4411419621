"""The numbers of a training step, for the callbacks that log them."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass
class StepRecord:
    """The last step's numbers, detached, on the device; reading one waits for the device.

    T tasks in the order of `module.tasks`, M modalities in the order of `module.modalities`; counts are over all ranks.

    """

    losses: Tensor  # `[T]`, means over labelled rows
    weights: Tensor  # `[T]`, what multiplied them; 0 for a task that is not active
    active: Tensor  # Bool `[T]`, whether any rank had a label
    labels: Tensor  # `[T]`, labelled rows
    present: Tensor  # `[M]`, rows that have the modality
    rows: Tensor  # scalar
    gradient_norms: Tensor | None = None  # `[T]` at `gradients_of`, of the losses without weights; if they were taken
    cosines: Tensor | None = None  # `[T, T]` between these gradients
