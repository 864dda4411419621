"""Convolutional stages over rows of unequal duration, in which padding has no part.

Shapes: B rows, C channels, T frames, M bands. `x` is zero in every frame after a row's end, on the way in and out.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from mmfusion.encoders.layers import norm_groups


class MaskedStage(nn.Module):
    """`x ← MaxPool(ReLU(Norm(Conv(x))))` that gives a row in a padded batch what it gives the row alone.

    After the convolution a row of n frames has `⌈n/stride⌉`, after the pooling `⌈·/pool⌉`; frames beyond are set to
    zero, as the convolution's own padding would have them. T must be divisible by `stride·pool`, and kernels are odd.
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
        self.groups, self.eps = norm_groups(channels), eps
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


def masked_group_norm(
    x_BTMC: Tensor, weight_C: Tensor, bias_C: Tensor, mask_BT: Tensor, groups: int, eps: float
) -> Tensor:
    """`y = (x - μ_g)/√(σ²_g + ε)·γ + β` in real frames, of which each row has one or more, and 0 elsewhere.

    `μ_g` and `σ²_g` are taken over a row's real frames, all bands and the channels of group g. x is contiguous float32.
    """
    if torch.compiler.is_compiling():
        # A compiler fuses the plain formula by itself.
        return _forward(x_BTMC, weight_C, bias_C, mask_BT, groups, eps)[0]
    return _MaskedGroupNorm.apply(x_BTMC, weight_C, bias_C, mask_BT, groups, eps)


class _MaskedGroupNorm(torch.autograd.Function):
    """Written out because autograd's own way through these sums takes twice the time of the whole on a CPU.

    With `c = x - μ`, `r = 1/√(σ² + ε)`, `x̂ = c·r` and `⟨·⟩` the mean over a group's real points:
    `dx = r·(γ·dy - ⟨γ·dy⟩ - x̂·⟨γ·dy·x̂⟩)`, `dγ = Σ dy·x̂`, `dβ = Σ dy`.
    """

    @staticmethod
    def forward(
        ctx: Any, x_BTMC: Tensor, weight_C: Tensor, bias_C: Tensor, mask_BT: Tensor, groups: int, eps: float
    ) -> Tensor:
        y_BTMC, points_B1, centred_BTMC, rate_BC = _forward(x_BTMC, weight_C, bias_C, mask_BT, groups, eps)
        ctx.save_for_backward(centred_BTMC, weight_C, mask_BT, points_B1, rate_BC)
        ctx.groups = groups
        return y_BTMC

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy_BTMC: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None, None]:
        centred_BTMC, weight_C, mask_BT, points_B1, rate_BC = ctx.saved_tensors
        dbias_BC = _total(dy_BTMC, mask_BT)
        dweight_BC = _total(dy_BTMC * centred_BTMC, mask_BT) * rate_BC
        first_BC = _over_groups(weight_C * dbias_BC / points_B1, ctx.groups)
        second_BC = _over_groups(weight_C * dweight_BC / points_B1, ctx.groups)
        # dx = k0 + k1·dy + k2·c, with factors that are constant over a row's real points.
        dx_BTMC = (centred_BTMC * _spread(-rate_BC.square() * second_BC, mask_BT)).sub_(
            _spread(rate_BC * first_BC, mask_BT)
        )
        dx_BTMC.add_(dy_BTMC * _spread(rate_BC * weight_C, mask_BT))
        return dx_BTMC, dweight_BC.sum(0), dbias_BC.sum(0), None, None, None


def _forward(
    x_BTMC: Tensor, weight_C: Tensor, bias_C: Tensor, mask_BT: Tensor, groups: int, eps: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """y, the number of a row's real points in one channel, `x - μ` and r."""
    points_B1 = mask_BT.sum(1, keepdim=True) * x_BTMC.shape[2]
    mean_BC = _over_groups(_total(x_BTMC, mask_BT) / points_B1, groups)
    # In two passes: `⟨x²⟩ - μ²` has no digits left where μ is large beside σ.
    centred_BTMC = x_BTMC - mean_BC[:, None, None]
    variance_BC = _over_groups(_total(centred_BTMC.square(), mask_BT) / points_B1, groups)
    rate_BC = (variance_BC + eps).rsqrt()
    y_BTMC = (centred_BTMC * _spread(rate_BC * weight_C, mask_BT)).add_(_spread(bias_C.expand_as(rate_BC), mask_BT))
    return y_BTMC, points_B1, centred_BTMC, rate_BC


def _total(x_BTMC: Tensor, mask_BT: Tensor) -> Tensor:
    """`[B, C]`, the sum over real frames and bands."""
    return (x_BTMC.sum(2) * mask_BT[..., None]).sum(1)


def _over_groups(x_BC: Tensor, groups: int) -> Tensor:
    """`[B, C]`, the mean over the channels of each group, given to each of them."""
    grouped_BGN = x_BC.unflatten(1, (groups, -1))
    return grouped_BGN.mean(2, keepdim=True).expand_as(grouped_BGN).flatten(1)


def _spread(x_BC: Tensor, mask_BT: Tensor) -> Tensor:
    """`[B, T, 1, C]`, zero after a row's end: a factor that masks on the way."""
    return (x_BC[:, None] * mask_BT[..., None])[:, :, None]
