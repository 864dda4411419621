"""Decision-level fusion: every modality predicts on its own, and the predictions are averaged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from annotated_types import Gt
from torch import Tensor

from mmfusion.batch import Encoded
from mmfusion.fusion._base import Fusion
from mmfusion.fusion._parts import StreamWeights


class Decision(Fusion):
    """`y = Σ_{m present} w_m y_m / Σ_{m present} w_m`, `y_m = head_m(x_m)`.

    The average is of the heads' outputs: of logits for classes (a weighted geometric mean of the probabilities, up to
    their sum), of values for numbers. With one modality present, y is that modality's own output, exactly.
    Parameters: none, or M with learned weights; all tasks share them.

    Args:
        weighting: `fixed`, or `learned` as `w = softmax(θ)`, starting at `weights`.
        weights: a positive number for each modality; None for equal ones.

    Raises:
        ValueError: weights that are not for exactly the modalities.
    """

    level = "decision"

    def __init__(
        self,
        dims: Mapping[str, int],
        weighting: Literal["fixed", "learned"] = "fixed",
        weights: dict[str, Annotated[float, Gt(0)]] | None = None,
    ) -> None:
        super().__init__()
        self.streams = dict(dims)
        self.weights = StreamWeights(list(dims), weighting, weights)

    def forward(self, encoded: dict[str, Encoded], present: dict[str, Tensor]) -> dict[str, Tensor]:
        return {name: encoded[name].pooled for name in self.streams}

    def combine(self, outputs: dict[str, Tensor], present: dict[str, Tensor]) -> Tensor:
        return self.weights(outputs, present)
