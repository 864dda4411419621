"""Images through a small convolutional network, from scratch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Annotated, Literal

import torch
from annotated_types import Ge, Interval
from torch import Tensor, nn

from mmfusion.batch import Encoded, Input
from mmfusion.encoders._base import Encoder
from mmfusion.encoders.layers import group_norm, per_stage
from mmfusion.encoders.pooling import FeatureMap
from mmfusion.encoders.weights import load_weights

_NORMS: dict[str, Callable[[int], nn.Module]] = {"group": group_norm, "batch": nn.BatchNorm2d, "none": nn.Identity}


class CNN(Encoder):
    """`x ← MaxPool(ReLU(Norm(Conv(x))))` once per width, then pooling.

    Args:
        channels: of the image.
        widths: channels of each stage.
        kernels: side of each stage's kernel, odd. Of a list shorter than `widths` the last number goes on.
        strides: stride of each stage's convolution; likewise.
        pools: max-pooling between stages, 1 for none; likewise.
        norm: `group` looks at a row alone; `batch` has batch statistics and makes the encoder depend on the whole
            batch in training; `none`.
        pooling: `grid` (means over a coarse grid, then Linear, LayerNorm and ReLU: keeps where something is; tokens
            are the cells), or mean, max or attention over all positions (forgets it; tokens are the positions).
        grid: cells of the grid each way.
        dim: width of the result with `grid`; otherwise it is the last of `widths`.
        dropout: on the result.
        weights: local state dict to start from, or None.

    Raises:
        ValueError: lists that do not fit; in `forward`, an image too small.
    """

    kind = "image"
    gives_tokens = True

    def __init__(
        self,
        channels: int,
        widths: Sequence[int] = (16, 32, 64),
        kernels: Sequence[int] = (3,),
        strides: Sequence[int] = (1,),
        pools: Sequence[int] = (2,),
        norm: Literal["group", "batch", "none"] = "group",
        pooling: Literal["grid", "mean", "max", "attention"] = "grid",
        grid: Annotated[int, Ge(1)] = 3,
        dim: Annotated[int, Ge(1)] = 128,
        dropout: Annotated[float, Interval(ge=0, le=1)] = 0.1,
        weights: str | None = None,
    ) -> None:
        super().__init__()
        stages = per_stage(channels, widths, kernels, strides, pools)
        self.layers = nn.Sequential(*(_stage(*stage, norm) for stage in stages))
        self.head = FeatureMap(widths[-1], pooling, grid, dim, dropout)
        self.dim = self.head.dim
        self.row_wise = norm != "batch"
        self.smallest = prod(stride * pool for *_, stride, pool in stages)
        load_weights(self, weights)
        # Convolutions on a CPU, and with bf16 on a GPU, are fastest with the channels innermost.
        self.layers.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, x: Input) -> Encoded:
        assert isinstance(x, Tensor)
        if min(x.shape[2:]) < self.smallest:
            raise ValueError(
                f"encoder image cnn: expected images of {self.smallest} x {self.smallest} pixels or more with these "
                f"strides and pools, found {x.shape[2]} x {x.shape[3]}"
            )
        return self.head(self.layers(x.contiguous(memory_format=torch.channels_last)))

    def stages(self) -> list[nn.Module]:
        return [*self.layers, self.head]


def _stage(inputs: int, outputs: int, kernel: int, stride: int, pool: int, norm: str) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=norm == "none"),
        _NORMS[norm](outputs),
        nn.ReLU(),
        *([nn.MaxPool2d(pool)] if pool > 1 else []),
    )
