"""The numbers of a training step, for the callbacks that log them."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass
class StepRecord:
    """The last step's numbers, detached, on the device; reading one waits for the device.

    T tasks in the order of `module.tasks`, M modalities in the order of `module.modalities`; counts are over all ranks.

    Attributes:
        losses: `[T]`, means over labelled rows.
        weights: `[T]`, what multiplied them; 0 for a task that is not active.
        active: Bool `[T]`, whether any rank had a label.
        labels: `[T]`, labelled rows.
        present: `[M]`, rows that have the modality.
        rows: scalar.
        gradient_norms: `[T]` at `gradients_of`, of the losses without weights; None in a step that took none.
        cosines: `[T, T]` between these gradients; None likewise.
    """

    losses: Tensor
    weights: Tensor
    active: Tensor
    labels: Tensor
    present: Tensor
    rows: Tensor
    gradient_norms: Tensor | None = None
    cosines: Tensor | None = None
