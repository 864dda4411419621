"""The model, in plain PyTorch: encoders → fusion → sharing → one head per task and stream → outputs.

Shapes: B rows, D features, C a task's outputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from torch import Tensor, nn

from mmfusion.batch import Batch, Encoded, Input, Tokens, blank_rows
from mmfusion.encoders._base import Encoder
from mmfusion.encoders.pooling import Pooling
from mmfusion.fusion._base import Fusion
from mmfusion.modality.modality_dropout import ModalityDropout
from mmfusion.modality.placeholders import Placeholders
from mmfusion.sharing._base import Sharing
from mmfusion.tasks._base import Task


class MultiTaskModel(nn.Module):
    """Any encoders × fusion × sharing × tasks as one module; absent modalities are masked all the way.

    `forward` is `visible → represent → decide`; training calls the three itself, because a loss weighting may take
    gradients at the fused streams in between.

    Args:
        encoders: modality to its encoder.
        fusion: built with the encoders' widths.
        sharing: built with the fusion's streams and the tasks' names.
        tasks: task to its definition, fitted.
        modality_dropout: hides modalities at random in training.
        placeholders: learned stand-ins for absent modalities, or None to leave absence to the fusion.
        head_hidden: widths of a head's hidden layers; empty for a single Linear.
        head_dropout: dropout in front of a head's last Linear.
    """

    def __init__(
        self,
        encoders: Mapping[str, Encoder],
        fusion: Fusion,
        sharing: Sharing,
        tasks: Mapping[str, Task],
        modality_dropout: ModalityDropout | None = None,
        placeholders: Placeholders | None = None,
        head_hidden: Sequence[int] = (),
        head_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.encoders = nn.ModuleDict(encoders)
        self.fusion = fusion
        self.sharing = sharing
        self.tasks = nn.ModuleDict(tasks)
        self.modality_dropout = modality_dropout or ModalityDropout(0.0)
        self.placeholders = placeholders
        self.heads = nn.ModuleDict(
            {
                task: nn.ModuleDict(
                    {
                        stream: _head(width, head_hidden, head_dropout, definition.dim)
                        for stream, width in sharing.dims[task].items()
                    }
                )
                for task, definition in tasks.items()
            }
        )

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Task to its output `[B, C]`."""
        present = self.visible(batch.present)
        return self.decide(self.represent(batch.inputs, present), present)

    def visible(self, present: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Which modalities of each row are shown to the model: all that are present, less what training hides."""
        return self.modality_dropout({name: present[name] for name in self.encoders})

    def represent(self, inputs: Mapping[str, Input], present: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Fused streams `[B, D]`."""
        return self.fuse(self.encode(inputs, present), present)

    def encode(self, inputs: Mapping[str, Input], present: Mapping[str, Tensor]) -> dict[str, Encoded]:
        """Modality to its `Encoded`; what an absent one yields means nothing."""
        return {name: self._encode_one(name, inputs[name], present[name]) for name in self.encoders}

    def fuse(self, encoded: Mapping[str, Encoded], present: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Fused streams of modalities encoded before; lets a report try every subset without encoding again.

        Here an absent modality becomes zeros without a real token (or its placeholder), once and for every fusion.
        """
        if self.placeholders is not None:
            return self.fusion(*self.placeholders(dict(encoded), dict(present)))
        return self.fusion({name: x.blanked(present[name]) for name, x in encoded.items()}, dict(present))

    def decide(self, streams: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Streams to each task's output `[B, C]`."""
        shared = self.sharing(dict(streams))
        return {
            task: self.fusion.combine(
                {stream: cast(nn.ModuleDict, heads)[stream](x) for stream, x in shared[task].items()}, dict(present)
            )
            for task, heads in self.heads.items()
        }

    def last_layer(self) -> list[nn.Parameter]:
        """GradNorm's W: the last layer that all tasks share, or each encoder's last where fusion has no parameters."""
        trained = [p for p in self.fusion.last_layer() if p.requires_grad]
        return trained or [p for encoder in self.encoders.values() for p in _last_weights(encoder)]

    def shared_parameters(self) -> list[nn.Parameter]:
        """Every trained parameter in front of the heads."""
        parts = [self.encoders, self.fusion, self.sharing, self.placeholders]
        return [p for part in parts if part is not None for p in part.parameters() if p.requires_grad]

    def _encode_one(self, name: str, x: Input, present_B: Tensor) -> Encoded:
        encoder = self.encoders[name]
        # A NaN in an absent row would reach the encoder's weights through the backward pass.
        x = x.blanked(present_B) if isinstance(x, Tokens) else blank_rows(x, present_B)
        if encoder.row_wise or not encoder.training:
            return encoder(x)
        # Batch statistics must come from rows that have the modality, so the others never enter the encoder.
        rows_P = present_B.nonzero().squeeze(1)
        # A single value per channel has no statistics of its own either.
        if len(rows_P) < 2 and not any(isinstance(module, nn.SyncBatchNorm) for module in encoder.modules()):
            return _in_eval(encoder, x)  # synchronised statistics must not be skipped: other ranks wait for them
        chosen = Tokens(x.values[rows_P], x.lengths[rows_P]) if isinstance(x, Tokens) else x[rows_P]
        return _scatter(encoder(chosen), rows_P, len(present_B))


def _head(width: int, hidden: Sequence[int], dropout: float, outputs: int) -> nn.Module:
    layers: list[nn.Module] = []
    for size in hidden:
        layers += [nn.Linear(width, size), nn.ReLU()]
        width = size
    if dropout:
        layers.append(nn.Dropout(dropout))
    layers.append(nn.Linear(width, outputs))
    return layers[0] if len(layers) == 1 else nn.Sequential(*layers)


def _last_weights(encoder: nn.Module) -> list[nn.Parameter]:
    """The trained parameters of an encoder's last layer that has a matrix: a norm's gain alone would say little.

    What pools scores positions and makes no features, so it is the last layer only where nothing else is trained.
    """
    pooling = [part for module in encoder.modules() if isinstance(module, Pooling) for part in module.modules()]
    layers = [module for module in encoder.modules() if module not in pooling]
    for module in [*reversed(layers), *pooling]:
        own = [p for p in module.parameters(recurse=False) if p.requires_grad]
        if any(p.ndim > 1 for p in own):
            return own
    return []


def _scatter(encoded: Encoded, rows_P: Tensor, size: int) -> Encoded:
    def spread(x: Tensor) -> Tensor:
        return x.new_zeros(size, *x.shape[1:]).index_copy(0, rows_P, x)

    return Encoded(spread(encoded.pooled), spread(encoded.tokens), spread(encoded.mask))


def _in_eval(encoder: nn.Module, x: Input) -> Encoded:
    """Encode with running statistics, left unmoved; keeps the graph connected where no row has the modality."""
    training = {module: module.training for module in encoder.modules()}
    encoder.eval()
    try:
        return encoder(x)
    finally:
        for module, was in training.items():
            module.training = was
