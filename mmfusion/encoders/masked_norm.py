"""Group normalisation over the real frames of rows of unequal duration.

Shapes: B rows, T frames, M bands, C channels innermost, G groups.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def masked_group_norm(
    x_BTMC: Tensor, weight_C: Tensor, bias_C: Tensor, mask_BT: Tensor, groups: int, eps: float
) -> Tensor:
    """`y = (x - μ_g)/√(σ²_g + ε)·γ + β` in real frames and 0 elsewhere.

    `μ_g` and `σ²_g` are taken over a row's real frames, all bands and the channels of group g.

    Args:
        x_BTMC: float32, contiguous.
        weight_C: γ.
        bias_C: β.
        mask_BT: 1 in a row's real frames, of which there is at least one, and 0 after.
        groups: G, a divisor of C.
        eps: ε.
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
