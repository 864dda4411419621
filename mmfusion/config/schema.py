"""What the sections of a config hold that no component reads by itself.

These classes are never built. `mmfusion.config.check` reads their annotations, as it reads those of components.
Every field must be in the composed config; the YAML files hold the defaults.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from mmfusion.config.limits import Range


@dataclass
class Head:
    """The heads of all tasks: widths of hidden layers, and dropout in front of the last Linear."""

    hidden: Sequence[Annotated[int, Range(1)]]
    dropout: Annotated[float, Range(0, 1)]


@dataclass
class Compile:
    """`torch.compile` of the model."""

    enabled: bool
    backend: str
    mode: Literal["default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs"] | None


@dataclass
class Report:
    """What is measured beside the metrics."""

    subsets: Literal["all", "leave_one_out", "none"]
    plots: bool
    gradients_every_n_steps: Annotated[int, Range(0)]
    baselines: bool = False  # runs of before have none


@dataclass
class Modality:
    """How absent modalities are trained for: a rate for all modalities or one each; learned placeholders."""

    dropout: float | Mapping[str, float]
    placeholders: bool


@dataclass
class Paths:
    """`outputs` holds all runs, `run` is this run's folder."""

    outputs: str
    run: str


@dataclass
class ModalityData:
    """One modality of the data; the kind's own arguments stand beside these keys."""

    kind: Literal["image", "text", "speech", "tabular", "features", "series"]
    transforms: Transforms | None = None


@dataclass
class Transforms:
    """Components that change a batch of one modality, in order."""

    train: Sequence[Mapping[str, Any]] | None = None
    eval: Sequence[Mapping[str, Any]] | None = None


@dataclass
class EncoderExtra:
    """What the builder reads from an encoder's node: what to hold still, and the scale of its learning rate."""

    freeze: bool | str = False
    lr_scale: float = 1.0


@dataclass
class Config:
    """The whole config; mappings of components are checked one by one."""

    name: str
    seed: Annotated[int, Range(0, 4294967295)]  # what numpy takes
    tags: Sequence[str]
    trusted_modules: Sequence[str]
    data: Mapping[str, Any]
    encoder: Mapping[str, Mapping[str, Any]]
    modality: Modality
    fusion: Mapping[str, Any]
    sharing: Mapping[str, Any]
    head: Head
    task: Mapping[str, Mapping[str, Any]]
    loss_weighting: Mapping[str, Any]
    gradients_of: Literal["representation", "last_shared_layer", "shared"]
    optimizer: Mapping[str, Any]
    scheduler: Mapping[str, Any]
    trainer: Mapping[str, Any]
    compile: Compile
    callbacks: Mapping[str, Any]
    logger: Mapping[str, Any]
    report: Report
    paths: Paths
    study: Mapping[str, Any] | None = None  # a run of a study has none
