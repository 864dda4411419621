"""Images through a residual network."""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from annotated_types import Ge, Interval
from torch import Tensor, nn
from torchvision.models import get_model, get_model_weights, list_models
from torchvision.models.resnet import ResNet as TorchvisionResNet

from mmfusion.batch import Encoded, Input
from mmfusion.config.errors import nearest
from mmfusion.encoders._base import Encoder
from mmfusion.encoders.layers import group_norm
from mmfusion.encoders.pooling import FeatureMap
from mmfusion.encoders.weights import SUFFIXES, load_state, read_weights


class ResNet(Encoder):
    """A torchvision ResNet without its classifier.

    With weights, `channels` other than 3 are read by averaging the first kernel over its inputs, scaled so that a grey
    image gives what the same image in three equal channels would.

    Paper: He et al., Deep residual learning for image recognition, arXiv 1512.03385; with GroupNorm: arXiv 1803.08494.

    Args:
        channels: of the image.
        name: resnet18, resnet34, resnet50, resnext50_32x4d and so on.
        weights: None, DEFAULT or another name that torchvision knows (downloaded once, then cached), or the path of
            a local state dict in torchvision's names (`fc` is ignored).
        norm: `auto`: `batch` with weights, since they were trained with it, and `group` without. BatchNorm has batch
            statistics, so with it rows depend on one another in training, unless the encoder is frozen.
        stem: `imagenet` (7×7 with stride 2, then max-pooling) or `small` (3×3) for images below about 64 pixels.
        pooling: mean, max or attention over all positions of the last map, which are the tokens, or `grid` (means over
            a coarse grid, then Linear, LayerNorm and ReLU; tokens are the cells).
        grid: cells of the grid each way.
        dim: width of the result with `grid`; otherwise it is the network's own (512 or 2048).
        dropout: on the result.

    Raises:
        ValueError: an unknown name, weights that do not exist or do not fit, torchvision's weights with `stem: small`.
    """

    kind = "image"
    gives_tokens = True

    def __init__(
        self,
        channels: int,
        name: str = "resnet18",
        weights: str | None = None,
        norm: Literal["auto", "batch", "group"] = "auto",
        stem: Literal["imagenet", "small"] = "imagenet",
        pooling: Literal["grid", "mean", "max", "attention"] = "mean",
        grid: Annotated[int, Ge(1)] = 2,
        dim: Annotated[int, Ge(1)] = 256,
        dropout: Annotated[float, Interval(ge=0, le=1)] = 0.2,
    ) -> None:
        super().__init__()
        uses_batch = norm == "batch" or (norm == "auto" and weights is not None)
        net = _build(name, nn.BatchNorm2d if uses_batch else group_norm)
        if stem == "small" or (weights is None and channels != 3):
            net.conv1 = _first(3 if weights is not None else channels, stem)
        # Torchvision's own attribute names: its state dicts then fit this encoder as well.
        self.conv1, self.bn1, self.relu = net.conv1, net.bn1, net.relu
        self.maxpool = net.maxpool if stem == "imagenet" else nn.Identity()
        self.layer1, self.layer2, self.layer3, self.layer4 = net.layer1, net.layer2, net.layer3, net.layer4
        if weights is not None:
            self._start_from(weights, name, stem, channels)
        self.head = FeatureMap(net.fc.in_features, pooling, grid, dim, dropout)
        self.dim = self.head.dim
        self.row_wise = not uses_batch
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, x: Input) -> Encoded:
        assert isinstance(x, Tensor)
        x = self.maxpool(self.relu(self.bn1(self.conv1(x.contiguous(memory_format=torch.channels_last)))))
        return self.head(self.layer4(self.layer3(self.layer2(self.layer1(x)))))

    def stages(self) -> list[nn.Module]:
        return [self.conv1, self.bn1, self.layer1, self.layer2, self.layer3, self.layer4, self.head]

    def _start_from(self, weights: str, name: str, stem: str, channels: int) -> None:
        if weights.endswith(SUFFIXES) or "/" in weights:
            state = read_weights(weights)
        elif stem == "small":
            raise ValueError(f"encoder image resnet: torchvision's weights {weights!r} need stem=imagenet, found small")
        else:
            state = _downloaded(name, weights)
        stored = state.get("conv1.weight")
        if stored is not None and stored.ndim == 4 and stored.shape[1] == channels:
            _adapt(self.conv1, channels)  # a file of this very encoder, adapted before
        load_state(self, state, weights, ignore=("fc.", "head."))
        _adapt(self.conv1, channels)


def _build(name: str, norm_layer: object) -> TorchvisionResNet:
    known = [model for model in list_models() if model.startswith(("resnet", "resnext", "wide_resnet"))]
    if name not in known:
        close = nearest(name, known)
        raise ValueError(
            f"encoder image resnet name: expected one of {', '.join(known)}, found {name!r}"
            + (f"; did you mean {close!r}?" if close else "")
        )
    return get_model(name, weights=None, norm_layer=norm_layer)


def _downloaded(name: str, weights: str) -> dict[str, Tensor]:
    known = ["DEFAULT", *get_model_weights(name).__members__]
    if weights not in known:
        close = nearest(weights, known)
        raise ValueError(
            f"encoder image resnet weights: expected null, one of {', '.join(known)}, or a path ending in "
            f"{', '.join(SUFFIXES)}; found {weights!r}" + (f"; did you mean {close!r}?" if close else "")
        )
    return get_model(name, weights=weights).state_dict()


def _first(channels: int, stem: str) -> nn.Conv2d:
    kernel, stride = (3, 1) if stem == "small" else (7, 2)
    conv = nn.Conv2d(channels, 64, kernel, stride, padding=kernel // 2, bias=False)
    nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
    return conv


def _adapt(conv: nn.Conv2d, channels: int) -> None:
    """Let the first convolution read `channels`, keeping its response to images whose channels are equal."""
    if conv.in_channels == channels:
        return
    mean_O1KK = conv.weight.detach().mean(1, keepdim=True)
    scaled_OCKK = mean_O1KK.expand(-1, channels, -1, -1) * (conv.in_channels / channels)
    conv.weight = nn.Parameter(scaled_OCKK.clone())
    conv.in_channels = channels
