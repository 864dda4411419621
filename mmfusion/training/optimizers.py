"""Optimizers as factories, and the parameter groups that all of them are built on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import torch
from annotated_types import Ge, Gt
from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from mmfusion.model import MultiTaskModel

Groups = list[dict[str, Any]]

# Tables of vectors that are looked up or learned as inputs: decay would only shrink what is rarely seen.
_LOOKED_UP = ("embedding", "token", "position", "placeholder", "quer", "latent")


@dataclass(frozen=True)
class OptimizerFactory:
    """`factory(groups) -> Optimizer`; `lr` and `weight_decay` are read by `parameter_groups` before."""

    kind: Callable[..., Optimizer]
    lr: float  # of a group whose scale is 1
    weight_decay: float  # of the groups that decay
    fused: Literal["auto"] | bool = "auto"  # one kernel for all parameters; auto: where all parameters' devices have it
    options: Mapping[str, Any] = field(default_factory=dict)  # further keyword arguments of `kind`

    def __call__(self, groups: Groups) -> Optimizer:
        fused = _can_fuse(groups) if self.fused == "auto" else self.fused
        defaults: dict[str, Any] = {"lr": self.lr, "weight_decay": self.weight_decay, **self.options}
        return self.kind(groups, fused=fused, **defaults)


def adamw(
    lr: Annotated[float, Gt(0)] = 1e-3,
    weight_decay: Annotated[float, Ge(0)] = 0.01,
    betas: Sequence[float] = (0.9, 0.999),
    eps: float = 1e-8,
    amsgrad: bool = False,
    fused: Literal["auto"] | bool = "auto",
) -> OptimizerFactory:
    """Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101)."""
    return OptimizerFactory(AdamW, lr, weight_decay, fused, {"betas": _pair(betas), "eps": eps, "amsgrad": amsgrad})


def adam(
    lr: Annotated[float, Gt(0)] = 1e-3,
    weight_decay: Annotated[float, Ge(0)] = 0.0,
    betas: Sequence[float] = (0.9, 0.999),
    eps: float = 1e-8,
    amsgrad: bool = False,
    fused: Literal["auto"] | bool = "auto",
) -> OptimizerFactory:
    """Adam (Kingma and Ba, arXiv 1412.6980); weight decay here is an L2 penalty on the gradient."""
    return OptimizerFactory(Adam, lr, weight_decay, fused, {"betas": _pair(betas), "eps": eps, "amsgrad": amsgrad})


def sgd(
    lr: Annotated[float, Gt(0)] = 0.1,
    weight_decay: Annotated[float, Ge(0)] = 0.0,
    momentum: float = 0.9,
    nesterov: bool = False,
    dampening: float = 0.0,
    fused: Literal["auto"] | bool = "auto",
) -> OptimizerFactory:
    """Stochastic gradient descent with momentum, as torch defines it: `v ← μv + g`, `θ ← θ − lr·v`."""
    options = {"momentum": momentum, "nesterov": nesterov, "dampening": dampening}
    return OptimizerFactory(SGD, lr, weight_decay, fused, options)


def parameter_groups(
    model: MultiTaskModel,
    weighting: nn.Module,
    lr: float,
    weight_decay: float,
    encoder_cfg: Mapping[str, Mapping[str, Any]],
) -> Groups:
    """Every trainable parameter in exactly one group.

    A group decays unless it holds norms, biases, embeddings, learned tokens and placeholders, other single vectors or
    parameters of the loss weighting (a decayed `s` of the uncertainty weighting would be pulled to equal weights).
    An encoder whose config has an `lr_scale` other than 1 has groups of its own. Frozen parameters are left out, and
    one at least must be trained (ValueError).
    """
    scales = {f"encoders.{name}.": float(node.get("lr_scale", 1.0)) for name, node in encoder_cfg.items()}
    for prefix, scale in scales.items():
        if not scale > 0:
            key = prefix.removeprefix("encoders.")
            raise ValueError(f"encoder.{key}lr_scale must be > 0, found {scale}; to hold an encoder still set freeze")
    scoped: dict[tuple[str, float, bool], list[nn.Parameter]] = {}
    seen: set[nn.Parameter] = set()
    for path, module in model.named_modules():
        prefix, scale = next(((p, s) for p, s in scales.items() if f"{path}.".startswith(p)), ("", 1.0))
        scope = f"encoder.{prefix.split('.')[1]}" if scale != 1.0 else "model"
        for name, parameter in module.named_parameters(recurse=False):
            if parameter.requires_grad and parameter not in seen:
                seen.add(parameter)
                scoped.setdefault((scope, scale, _decays(path, module, name, parameter)), []).append(parameter)
    groups = [
        {
            "params": parameters,
            "lr": lr * scale,
            "weight_decay": weight_decay if decays else 0.0,
            "name": scope if decays else f"{scope}.no_decay",
        }
        for (scope, scale, decays), parameters in scoped.items()
    ]
    learned = [p for p in weighting.parameters() if p.requires_grad]
    if learned:
        groups.append({"params": learned, "lr": lr, "weight_decay": 0.0, "name": "loss_weighting"})
    if not scoped:
        raise ValueError("nothing to train: every parameter of the model is frozen")
    return groups


def _decays(path: str, module: nn.Module, name: str, parameter: nn.Parameter) -> bool:
    if isinstance(module, nn.Embedding | nn.EmbeddingBag) or "norm" in type(module).__name__.lower():
        return False
    if "bias" in name or any(word in name.lower() for word in _LOOKED_UP) or f"{path}.".startswith("placeholders."):
        return False
    # A layer's weight decays whatever its shape: FSDP shows a shard of it as a single vector.
    return name.startswith("weight") or parameter.ndim > 1


def _can_fuse(groups: Groups) -> bool:
    supported = torch.utils._foreach_utils._get_fused_kernels_supported_devices()
    parameters = [p for group in groups for p in group["params"]]
    return all(p.device.type in supported and torch.is_floating_point(p) for p in parameters)


def _pair(betas: Sequence[float]) -> tuple[float, float]:
    if len(betas) != 2:
        raise ValueError(f"optimizer.betas must be two numbers, found {list(betas)}")
    return float(betas[0]), float(betas[1])
