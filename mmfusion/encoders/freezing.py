"""Freeze an encoder, wholly or up to a stage."""

from __future__ import annotations

from torch.nn.modules.batchnorm import _BatchNorm

from mmfusion.config.errors import nearest
from mmfusion.encoders._base import Encoder


def freeze(encoder: Encoder, upto: bool | str) -> None:
    """Stop training of all of `encoder` (True), of its stages up to and with the one named, or of nothing (False).

    Frozen parameters get no gradient. Frozen stages stay in eval mode when the model goes to train mode, so their
    BatchNorm statistics stay fixed and their dropout is off. An encoder all of whose BatchNorms are frozen is row-wise.
    ValueError for a stage that the encoder does not have names those that it has.
    """
    if upto is False:
        return
    names = {id(module): name for name, module in encoder.named_modules()}
    stages = [names[id(stage)] for stage in encoder.stages()]
    if upto is True:
        # All that the encoder holds, whether or not it counts as a stage.
        encoder.frozen = tuple(name for name, _ in encoder.named_children())
        encoder.requires_grad_(False)
    elif upto in stages:
        encoder.frozen = tuple(stages[: stages.index(upto) + 1])
        for name in encoder.frozen:
            encoder.get_submodule(name).requires_grad_(False)
    else:
        close = nearest(str(upto), stages)
        raise ValueError(
            f"encoder freeze: expected true, false or a stage of {type(encoder).__name__} ({', '.join(stages)}), "
            f"found {upto!r}" + (f"; did you mean {close!r}?" if close else "")
        )
    encoder.train(encoder.training)
    frozen = {id(m) for name in encoder.frozen for m in encoder.get_submodule(name).modules()}
    moving = [m for m in encoder.modules() if isinstance(m, _BatchNorm) and id(m) not in frozen]
    encoder.row_wise = encoder.row_wise or not moving
