"""Inputs for tests of fusion: three modalities of unequal widths, and every non-empty subset of them."""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations

import torch
from torch import Tensor, nn

from mmfusion.batch import Encoded
from mmfusion.fusion._base import Fusion
from mmfusion.model import MultiTaskModel
from mmfusion.sharing.hard import Hard

DIMS = {"image": 6, "text": 4, "speech": 5}
SUBSETS = [s for size in (1, 2, 3) for s in combinations(DIMS, size)]
ROWS = 2 * len(SUBSETS)
OUTPUTS = 3


def encoded(seed: int = 0) -> dict[str, Encoded]:
    """Tokens of unequal lengths, of which `pooled` is the mean."""
    g = torch.Generator().manual_seed(seed)
    inputs = {}
    for length, (name, dim) in enumerate(DIMS.items(), start=2):
        tokens = torch.randn(ROWS, length, dim, generator=g)
        mask = torch.arange(length) < torch.randint(1, length + 1, (ROWS, 1), generator=g)
        inputs[name] = Encoded(
            (tokens * mask[..., None]).sum(1) / mask.sum(1, keepdim=True), tokens * mask[..., None], mask
        )
    return inputs


def every_subset() -> dict[str, Tensor]:
    """`present` with each subset in two of the rows."""
    return {name: torch.tensor([name in subset for subset in SUBSETS] * 2) for name in DIMS}


def blanked(inputs: dict[str, Encoded], present: dict[str, Tensor]) -> dict[str, Encoded]:
    """The inputs as the model hands them to a fusion."""
    return {name: x.blanked(present[name]) for name, x in inputs.items()}


def only(subset: Collection[str]) -> dict[str, Tensor]:
    """`present` with the same subset in every row."""
    return {name: torch.full((ROWS,), name in subset) for name in DIMS}


def spoil(inputs: dict[str, Encoded], present: dict[str, Tensor], value: float) -> dict[str, Encoded]:
    """The inputs with `value` in everything that an absent modality's rows hold, and their masks all True."""
    spoilt = {}
    for name, x in inputs.items():
        absent = ~present[name]
        pooled, tokens, mask = x.pooled.clone(), x.tokens.clone(), x.mask.clone()
        pooled[absent], tokens[absent], mask[absent] = value, value, True
        spoilt[name] = Encoded(pooled, tokens, mask)
    return spoilt


class Output(nn.Module):
    """As much of a task as the model looks at."""

    dim = OUTPUTS


class Predictor(nn.Module):
    """A fusion as the model uses it, with one linear head a stream: what a task sees of it."""

    def __init__(self, fusion: Fusion) -> None:
        super().__init__()
        self.model = MultiTaskModel({}, fusion, Hard(fusion.streams, ["task"]), {"task": Output()})

    @property
    def fusion(self) -> Fusion:
        return self.model.fusion

    def forward(self, inputs: dict[str, Encoded], present: dict[str, Tensor]) -> dict[str, Tensor]:
        streams = self.model.fuse(inputs, present)
        return {**streams, "prediction": self.model.decide(streams, present)["task"]}
