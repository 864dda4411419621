"""Modality dropout: hide whole modalities in training, so that the model learns to do without them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class ModalityDropout(nn.Module):
    """Hides each modality that a row has with probability `rates[m]`, independently, but never all of them.

    With `visible[m] = present[m] and u_m >= rates[m]`, `u_m ~ U(0, 1)`: where a row would be left with nothing, one of
    the modalities it has is shown after all, each with the same probability. Acts in training only. Draws come from
    torch's generator of the tensors' device, and nothing waits for a GPU.

    `rates` is one probability for every modality, or one per name (a name left out is never hidden).

    Paper: ModDrop (Neverova et al., arXiv 1501.00102). Deviation: the draw that hides everything is repaired.
    """

    def __init__(self, rates: float | Mapping[str, float]) -> None:
        super().__init__()
        self.rates = dict(rates) if isinstance(rates, Mapping) else {"every modality": rates}
        self.rest = 0.0 if isinstance(rates, Mapping) else rates
        assert all(0 <= rate <= 1 for rate in self.rates.values()), "refused by the check of the config"

    def forward(self, present: dict[str, Tensor]) -> dict[str, Tensor]:
        """Modality to Bool `[B]`; in eval mode or with all rates 0 the very same dictionary."""
        if not (self.training and any(self.rates.values())):
            return present
        # M modalities in the order of `present`. Rates stay Python numbers: a tensor would have to travel to the GPU.
        present_BM = torch.stack(list(present.values()), dim=1)
        rates = [self.rates.get(name, self.rest) for name in present]
        draws_BM = torch.rand(present_BM.shape, device=present_BM.device)
        kept_BM = present_BM & torch.stack([draws_BM[:, i] >= rate for i, rate in enumerate(rates)], dim=1)
        lots_BM = torch.rand(present_BM.shape, device=present_BM.device).masked_fill(~present_BM, -1.0)
        winner_BM = nn.functional.one_hot(lots_BM.argmax(dim=1), len(rates)).bool() & present_BM
        visible_BM = torch.where(kept_BM.any(dim=1, keepdim=True), kept_BM, winner_BM)
        return dict(zip(present, visible_BM.unbind(dim=1), strict=True))

    def extra_repr(self) -> str:
        return f"rates={self.rates}"
