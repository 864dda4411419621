"""Hybrid fusion: any feature-level fusion, and every modality's own prediction beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from annotated_types import Gt
from torch import Tensor, nn

from mmfusion.batch import Encoded
from mmfusion.config.instantiate import instantiate
from mmfusion.fusion._base import JOINT, Fusion
from mmfusion.fusion._parts import StreamWeights


class Hybrid(Fusion):
    """`y = (w_joint y_joint + Σ_{m present} w_m y_m) / (w_joint + Σ_{m present} w_m)`.

    `y_joint = head_joint(z)` with z from the feature-level fusion, `y_m = head_m(x_m)` as in decision-level fusion.
    Parameters: the feature-level fusion's, and M + 1 with learned weights.

    Args:
        feature: the config of a feature-level fusion, with its `_target_`.
        weighting: `fixed`, or `learned` as `w = softmax(θ)`, starting at `weights`.
        weights: a positive number for each modality; None for 1 each.
        joint_weight: a positive number for the joint prediction.

    Raises:
        ValueError: `feature` is not a feature-level fusion; a modality is called joint; weights for others.
    """

    level = "hybrid"

    def __init__(
        self,
        dims: Mapping[str, int],
        feature: Mapping[str, Any],
        weighting: Literal["fixed", "learned"] = "fixed",
        weights: dict[str, Annotated[float, Gt(0)]] | None = None,
        joint_weight: Annotated[float, Gt(0)] = 1.0,
    ) -> None:
        super().__init__()
        if JOINT in dims:
            raise ValueError(f"hybrid fusion has a stream of its own called {JOINT!r}: rename the modality {JOINT!r}")
        self.feature = instantiate(feature, "fusion.feature", dims=dims)
        if not isinstance(self.feature, Fusion) or self.feature.level != "feature":
            raise ValueError(f"feature: expected a feature-level fusion, found {feature['_target_']}")
        self.needs_tokens = self.feature.needs_tokens
        self.names = list(dims)
        self.streams = {**self.feature.streams, **dims}
        weights = dict.fromkeys(dims, 1.0) if weights is None else weights
        self.weights = StreamWeights(list(self.streams), weighting, {JOINT: joint_weight, **weights})

    def forward(self, encoded: dict[str, Encoded], present: dict[str, Tensor]) -> dict[str, Tensor]:
        return {**self.feature(encoded, present), **{name: encoded[name].pooled for name in self.names}}

    def combine(self, outputs: dict[str, Tensor], present: dict[str, Tensor]) -> Tensor:
        return self.weights(outputs, present)

    def last_layer(self) -> list[nn.Parameter]:
        return self.feature.last_layer()
