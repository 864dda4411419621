"""The Gramian of the tasks' gradients, `G = J Jᵀ`, and what can be read off it.

T tasks, P numbers in a gradient.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from mmfusion.training.distributed import sum_over_ranks

PLACES = ("representation", "last_shared_layer", "shared")


def gramian(sums: Sequence[Tensor], labels: Tensor, at: Sequence[Tensor], of_rows: bool) -> Tensor:
    """`Gᵢⱼ = ⟨∂Lᵢ/∂θ, ∂Lⱼ/∂θ⟩` over all ranks, float32 `[T, T]`, detached.

    `Lᵢ = Σ_ranks sumᵢ / nᵢ`, nᵢ the labelled rows of all ranks (`labels`, `[T]`), so a rank's share of its gradient is
    `∂sumᵢ/∂θ / nᵢ`. At tensors that hold this rank's rows (`of_rows`) the gradient of the whole batch is the ranks'
    shares one after the other, and G is the sum of their Gramians. At parameters, which all ranks hold, it is the sum
    of the shares, and G comes after that sum.

    The graph is kept for the one backward pass that follows; `.grad` is not touched. A task that does not depend on a
    tensor of θ (`at`) has the gradient 0 there.
    """
    with torch.autocast(labels.device.type, enabled=False), torch.no_grad():
        jacobian_TP = _jacobian(sums, at)
        # Divided here and not before: a mean's gradient may be too small for float16, a sum's is not.
        jacobian_TP /= labels.to(jacobian_TP.dtype).clamp(min=1)[:, None]
        if not of_rows:
            sum_over_ranks(jacobian_TP)
        # Products of a matrix and a vector: those of two matrices may run in TF32 or bfloat16.
        gramian_TT = torch.stack([jacobian_TP.mv(row_P) for row_P in jacobian_TP])
        return sum_over_ranks(gramian_TT) if of_rows else gramian_TT


def norms(gramian_TT: Tensor) -> Tensor:
    """`‖∂Lᵢ/∂θ‖`, `[T]`."""
    return gramian_TT.diagonal().clamp(min=0).sqrt()


def cosines(gramian_TT: Tensor) -> Tensor:
    """Cosine of the angle between each two gradients, `[T, T]`; 0 where one of them is 0."""
    norms_T = norms(gramian_TT)
    scale_TT = norms_T[:, None] * norms_T
    return torch.where(scale_TT > 0, gramian_TT / scale_TT, 0.0).clamp(-1, 1)


def _jacobian(sums: Sequence[Tensor], at: Sequence[Tensor]) -> Tensor:
    widths = [x.numel() for x in at]
    jacobian_TP = torch.zeros(len(sums), sum(widths), device=at[0].device)
    for row_P, loss in zip(jacobian_TP, sums, strict=True):
        gradients = torch.autograd.grad(loss, at, retain_graph=True, allow_unused=True)
        for part, gradient in zip(row_P.split(widths), gradients, strict=True):
            if gradient is not None:
                part.copy_(gradient.reshape(-1))
    return jacobian_TP
