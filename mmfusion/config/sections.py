"""What the sections of a config hold that no component reads by itself.

These classes are never built: `mmfusion.config.json_schema` reads their annotations, as it reads those of components.
Fields without a default must be in the composed config; the YAML files hold their values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Annotated, Any, Literal, TypeAlias

from annotated_types import Ge, Interval


@dataclass(frozen=True)
class Of:
    """`Annotated[Node, Of("fusion")]`: a component of that slot, where an editor may look up what it takes."""

    slot: str

    def __get_pydantic_json_schema__(self, core_schema: object, handler: object) -> dict[str, str]:
        return {"type": "object", "x-ref": f"#/$defs/{self.slot}"}


Node: TypeAlias = Mapping[str, Any]
"""A component's `_target_` and its arguments."""


@dataclass
class Head:
    """The heads of all tasks: widths of hidden layers, and dropout in front of the last Linear."""

    hidden: Sequence[Annotated[int, Ge(1)]]
    dropout: Annotated[float, Interval(ge=0, le=1)]


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
    gradients_every_n_steps: Annotated[int, Ge(0)]
    baselines: bool = False  # runs of before have none
    sections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass
class Modality:
    """How absent modalities are trained for: a rate for all modalities or one each; learned placeholders."""

    dropout: Annotated[float, Interval(ge=0, le=1)] | Mapping[str, Annotated[float, Interval(ge=0, le=1)]]
    placeholders: bool


@dataclass
class Paths:
    """`outputs` holds all runs, `run` is this run's folder."""

    outputs: str
    run: str


@dataclass
class Transforms:
    """Components that change a batch of one modality, in order."""

    train: Sequence[Annotated[Node, Of("transform")]] | None = None
    eval: Sequence[Annotated[Node, Of("transform")]] | None = None


@dataclass
class ModalityKeys:
    """Keys of a modality beside the arguments of its kind.

    Attributes:
        kind: what it is; null for a class of one's own, by `_target_`.
        transforms: what changes its batches.
    """

    kind: str | None = None
    transforms: Transforms | None = None


@dataclass
class EncoderKeys:
    """Keys of an encoder beside its own arguments, for the builder.

    Attributes:
        freeze: true, or the last of the stages that are held still.
        lr_scale: learning rate, relative to the rest of the model.
    """

    freeze: bool | str = False
    lr_scale: float = 1.0


@dataclass
class TaskKeys:
    """Keys of a task beside its own arguments.

    Attributes:
        metrics: name to a further metric.
    """

    metrics: Mapping[str, Annotated[Node, Of("metric")]] | None = field(default_factory=dict)


@dataclass
class MetricKeys:
    """Keys of a task's further metric beside its own arguments.

    Attributes:
        direction: whether more of it is better; null: as its class says.
    """

    direction: Literal["max", "min"] | None = None


@dataclass
class SourceKeys:
    """Keys of `data` beside the source's own arguments.

    Attributes:
        modalities: name to kind, columns and the kind's own arguments.
        loader: how batches are made.
    """

    loader: Mapping[str, Any]
    modalities: Mapping[str, Annotated[Node, Of("kind")]] | None = field(default_factory=dict)


@dataclass
class Config:
    """The whole config; mappings of components are checked one by one."""

    name: str
    seed: Annotated[int, Interval(ge=0, le=4294967295)]  # what numpy takes
    tags: Sequence[str]
    trusted_modules: Sequence[str]
    data: Annotated[Node, Of("data")]
    encoder: Mapping[str, Annotated[Node, Of("encoder")]]
    modality: Modality
    fusion: Annotated[Node, Of("fusion")]
    sharing: Annotated[Node, Of("sharing")]
    head: Head
    task: Mapping[str, Annotated[Node, Of("task")]]
    loss_weighting: Annotated[Node, Of("loss_weighting")]
    gradients_of: Literal["representation", "last_shared_layer", "shared"]
    optimizer: Annotated[Node, Of("optimizer")]
    scheduler: Annotated[Node, Of("scheduler")]
    trainer: Mapping[str, Any]
    compile: Compile
    callbacks: Mapping[str, Any]
    logger: Mapping[str, Annotated[Node, Of("logger")]]
    report: Report
    paths: Paths
    study: Annotated[Node, Of("study")] | None = None  # a run of a study has none


SOURCE_KEYS, MODALITY_KEYS, ENCODER_KEYS, TASK_KEYS = (
    tuple(field.name for field in fields(section)) for section in (SourceKeys, ModalityKeys, EncoderKeys, TaskKeys)
)
"""Keys of a component's node that are not the component's own arguments."""

ELSEWHERE = {
    "loader": "mmfusion.data.batches.build_loader.LoaderConfig",
    "trainer": "mmfusion.training.trainer.TrainerConfig",
    "callbacks": "mmfusion.training.callbacks.build.CallbacksConfig",
}
"""Keys whose sections are dataclasses of the packages that read them."""
