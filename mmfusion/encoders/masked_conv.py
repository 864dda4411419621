"""Convolutional stages over rows of unequal duration, in which padding has no part.

Shapes: B rows, C channels, T frames, M bands, G groups. `x` is zero in every frame after a row's end, on the way in
and on the way out.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mmfusion.encoders.layers import groups_of
from mmfusion.encoders.masked_norm import masked_group_norm


class MaskedStage(nn.Module):
    """`x ← MaxPool(ReLU(Norm(Conv(x))))` that gives a row in a padded batch what it gives the row alone.

    After the convolution a row of n frames has `⌈n/stride⌉`, after the pooling `⌈·/pool⌉`; frames beyond are set to
    zero, as the convolution's own padding would have them. T must be divisible by `stride·pool`.

    Args:
        inputs, outputs: channels.
        kernel, stride, pool: in time and in frequency alike; the kernel is odd.
        norm: `group` (statistics over a row's real frames), `layer` (over the channels of each point) or `none`.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, pool: int, norm: str) -> None:
        super().__init__()
        self.stride, self.pool = stride, pool
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=norm == "none")
        norms = {"group": MaskedGroupNorm, "layer": MaskedLayerNorm, "none": MaskedIdentity}
        self.norm = norms[norm](outputs)

    def forward(self, x_BCTM: Tensor, frames_B: Tensor) -> tuple[Tensor, Tensor]:
        """The map and the rows' numbers of frames, after this stage."""
        frames_B = _divided(frames_B, self.stride)
        x_BCTM = nn.functional.relu(self.norm(self.conv(x_BCTM), frames_B))
        # Zero is what ReLU leaves at least, so a zero frame beyond a row's end never wins a maximum wrongly.
        if self.pool > 1:
            x_BCTM = nn.functional.max_pool2d(x_BCTM, self.pool)
        return x_BCTM, _divided(frames_B, self.pool)


class MaskedGroupNorm(nn.Module):
    """`nn.GroupNorm` over a row's real frames alone, in float32; zero elsewhere."""

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.groups, self.eps = groups_of(channels), eps
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x_BCTM: Tensor, frames_B: Tensor) -> Tensor:
        # With the channels innermost in memory, as the convolution leaves them, nothing is copied here.
        x_BTMC = x_BCTM.float().permute(0, 2, 3, 1).contiguous()
        y_BTMC = masked_group_norm(x_BTMC, self.weight, self.bias, _mask(x_BTMC, frames_B), self.groups, self.eps)
        return y_BTMC.permute(0, 3, 1, 2)


class MaskedLayerNorm(nn.LayerNorm):
    """`nn.LayerNorm` over the channels of each point, so points do not meet; zero after a row's end."""

    def forward(self, x_BCTM: Tensor, frames_B: Tensor) -> Tensor:  # type: ignore[override]
        return _zeroed(super().forward(x_BCTM.permute(0, 2, 3, 1)), frames_B).permute(0, 3, 1, 2)


class MaskedIdentity(nn.Identity):
    """Nothing but the zeros after a row's end."""

    def forward(self, x_BCTM: Tensor, frames_B: Tensor) -> Tensor:  # type: ignore[override]
        return _zeroed(x_BCTM.permute(0, 2, 3, 1), frames_B).permute(0, 3, 1, 2)


def _zeroed(x_BTMC: Tensor, frames_B: Tensor) -> Tensor:
    return x_BTMC * _mask(x_BTMC, frames_B)[:, :, None, None]


def _mask(x_BTMC: Tensor, frames_B: Tensor) -> Tensor:
    """`[B, T]`, 1 in a row's real frames and 0 after."""
    return (torch.arange(x_BTMC.shape[1], device=x_BTMC.device) < frames_B[:, None]).to(x_BTMC.dtype)


def _divided(frames_B: Tensor, by: int) -> Tensor:
    return (frames_B + by - 1) // by
