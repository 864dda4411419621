"""`torch.compile` for the two halves of the model between which a weighting may take gradients."""

from __future__ import annotations

import torch
import torch._functorch.config

from mmfusion.model import MultiTaskModel


def compile_model(
    model: MultiTaskModel, backend: str = "inductor", mode: str = "default", keeps_graph: bool = False
) -> None:
    """Compile `represent` and `decide`, in place; the first step then takes a while.

    Args:
        model: what is trained.
        backend: torch.compile's.
        mode: torch.compile's, for `inductor`.
        keeps_graph: the graph is walked more than once a step, because a weighting or the log takes the tasks'
            gradients. Memory of the forward pass may then not be reused in the first walk (process-wide setting
            `donated_buffer`), and the mode may not be one of CUDA graphs, which replay one walk
            (`config/combinations.py`).
    """
    if keeps_graph:
        torch._functorch.config.donated_buffer = False
    model.represent = torch.compile(model.represent, backend=backend, mode=mode)  # type: ignore[method-assign]
    model.decide = torch.compile(model.decide, backend=backend, mode=mode)  # type: ignore[method-assign]
