"""From a checked config to data, model and module: the one place that knows every package of components.

Configs arrive as plain containers (`OmegaConf.to_container`), already checked by `mmfusion.config.check`.
"""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any

import torch
import torch._functorch.config

from mmfusion.config.combinations import without_tokens
from mmfusion.config.errors import ConfigError
from mmfusion.config.instantiate import instantiate, locate
from mmfusion.config.schema import target_of
from mmfusion.config.sections import ENCODER_KEYS, MODALITY_KEYS, SOURCE_KEYS
from mmfusion.data.module import LoaderConfig, MultiModalData
from mmfusion.encoders._base import Encoder
from mmfusion.encoders.freezing import freeze
from mmfusion.loss_weighting._base import LossWeighting
from mmfusion.modality.modality_dropout import ModalityDropout
from mmfusion.modality.placeholders import Placeholders
from mmfusion.model import MultiTaskModel
from mmfusion.tasks._base import Task
from mmfusion.tasks.build import build_task
from mmfusion.training.module import MultiTaskModule
from mmfusion.training.optimizers import parameter_groups

Config = Mapping[str, Any]
STAGES = ("train", "eval")


def build_data(cfg: Config) -> tuple[MultiModalData, dict[str, Task]]:
    """The data module and the tasks whose labels it reads; call `setup()` on it to read, check and fit both."""
    tasks: dict[str, Task] = {name: build_task(name, node) for name, node in cfg["task"].items()}
    modalities = {name: cfg["data"]["modalities"][name] for name in cfg["encoder"]}
    data = MultiModalData(
        source=instantiate(_without(cfg["data"], SOURCE_KEYS), "data"),
        kinds={
            name: instantiate({"_target_": target_of(node), **_without(node, MODALITY_KEYS)}, f"data.modalities.{name}")
            for name, node in modalities.items()
        },
        transforms={name: _transforms(name, node) for name, node in modalities.items()},
        labels=tasks,
        loader=LoaderConfig(**cfg["data"]["loader"]),
        seed=cfg["seed"],
    )
    return data, tasks


def build_model(
    cfg: Config, data: MultiModalData, tasks: Mapping[str, Task], from_checkpoint: bool = False
) -> MultiTaskModel:
    """The model for data that is set up, since the data says how wide its inputs are and the tasks their outputs.

    With `from_checkpoint` a checkpoint will fill it: pretrained weights, which may be gone or far away, are not read.
    """
    encoders: dict[str, Encoder] = {}
    for name, given in cfg["encoder"].items():
        node = _without_weights(given) if from_checkpoint else given
        encoders[name] = instantiate(_without(node, ENCODER_KEYS), f"encoder.{name}", **data.encoder_arguments[name])
        freeze(encoders[name], node.get("freeze", False))
    dims = {name: encoder.dim for name, encoder in encoders.items()}
    fusion = instantiate(cfg["fusion"], "fusion", dims=dims)
    # The check of the config sees class attributes alone; some components know what they give or need once built.
    without = [name for name, encoder in encoders.items() if not encoder.gives_tokens]
    if fusion.needs_tokens and without:
        raise ConfigError(f"fusion: {without_tokens(type(fusion).__name__, without)}")
    assert not (cfg["modality"]["placeholders"] and fusion.level == "decision"), "refused by the check of the config"
    return MultiTaskModel(
        encoders=encoders,
        fusion=fusion,
        sharing=instantiate(cfg["sharing"], "sharing", streams=fusion.streams, tasks=list(tasks)),
        tasks=tasks,
        modality_dropout=ModalityDropout(cfg["modality"]["dropout"]),
        placeholders=Placeholders(dims) if cfg["modality"]["placeholders"] else None,
        head_hidden=cfg["head"]["hidden"],
        head_dropout=cfg["head"]["dropout"],
    )


def build_module(cfg: Config, model: MultiTaskModel) -> MultiTaskModule:
    """The LightningModule that trains the model as the config says."""
    make = instantiate(cfg["optimizer"], "optimizer")
    module = MultiTaskModule(
        model=model,
        weighting=_weighting(cfg["loss_weighting"], dict(model.tasks.items())),  # type: ignore[arg-type]
        gradients_of=cfg["gradients_of"],
        optimizer=lambda m, w: make(parameter_groups(m, w, make.lr, make.weight_decay, cfg["encoder"])),
        scheduler=instantiate(cfg["scheduler"], "scheduler"),
        gradients_every_n_steps=cfg["report"]["gradients_every_n_steps"],
        subsets=cfg["report"]["subsets"],
    )
    if cfg["compile"]["enabled"]:
        compile_model(model, cfg["compile"]["backend"], cfg["compile"]["mode"], module.keeps_graph)
    return module


def compile_model(
    model: MultiTaskModel, backend: str = "inductor", mode: str = "default", keeps_graph: bool = False
) -> None:
    """Compile the two halves of the model between which a weighting may take gradients; the first step takes a while.

    With `keeps_graph` the graph is walked more than once a step. Memory of the forward pass may then not be reused in
    the first walk (process-wide setting `donated_buffer`), and the mode may not be one of CUDA graphs, which replay one
    walk (`config/combinations.py`).
    """
    if keeps_graph:
        torch._functorch.config.donated_buffer = False
    model.represent = torch.compile(model.represent, backend=backend, mode=mode)  # type: ignore[method-assign]
    model.decide = torch.compile(model.decide, backend=backend, mode=mode)  # type: ignore[method-assign]


def _weighting(node: Config, tasks: Mapping[str, Task]) -> LossWeighting:
    injected: dict[str, Any] = {
        "tasks": list(tasks),
        "regressions": [name for name, task in tasks.items() if task.is_regression],
    }
    if "classes" in signature(locate(node.get("_target_"), "loss_weighting")).parameters:
        injected["classes"] = {name: task.choices for name, task in tasks.items() if task.choices}
    return instantiate(node, "loss_weighting", **injected)


def _without_weights(node: Config) -> Config:
    """The encoder of the same shape that starts from nothing; `norm: auto` means batch where there are weights."""
    if node.get("weights") is None:
        return node
    return {**node, "weights": None} | ({"norm": "batch"} if node.get("norm") == "auto" else {})


def _transforms(name: str, node: Config) -> dict[str, list[Any]]:
    listed, key = node.get("transforms") or {}, f"data.modalities.{name}.transforms"
    return {stage: _nested(list(listed.get(stage) or ()), f"{key}.{stage}") for stage in STAGES}


def _nested(node: Any, key: str) -> Any:
    """A node with every component in it built: torchvision's `RandomApply` takes a list of transforms."""
    if isinstance(node, Mapping):
        inner = {name: _nested(value, f"{key}.{name}") for name, value in node.items()}
        return instantiate(inner, key) if "_target_" in inner else inner
    return [_nested(value, f"{key}[{i}]") for i, value in enumerate(node)] if isinstance(node, list) else node


def _without(node: Config, keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key not in keys}
