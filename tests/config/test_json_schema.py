from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
import yaml
from jsonschema import Draft202012Validator
from torch import nn
from torchmetrics import Accuracy, MeanMetric, MetricCollection
from torchmetrics.classification import BinaryF1Score

from mmfusion.config.folders import own_folder
from mmfusion.config.json_schema import component_schema
from mmfusion.config.schema import FILE
from mmfusion.encoders._base import Encoder
from mmfusion.encoders.cnn import CNN
from mmfusion.fusion._base import Fusion
from mmfusion.tasks.classification import Classification
from scripts.make_schema import text


def read(content):
    """A schema; Python may give the values of a `Literal` in the order of another one with the same values."""

    def ordered(node):
        return {name: sorted(value, key=str) if name == "enum" else value for name, value in node.items()}

    return json.loads(content, object_hook=ordered)


def test_the_file_is_what_the_components_say():
    assert read(FILE.read_text(encoding="utf-8")) == read(text()), "run `make docs`"


def test_an_argument_has_type_default_and_sentence():
    schema = component_schema(CNN, "encoder", ["channels"])
    dropout = schema["properties"]["dropout"]
    assert dropout.items() >= {"type": "number", "default": 0.1, "description": "on the result."}.items()
    assert schema["properties"]["norm"]["enum"] == ["group", "batch", "none"]
    assert schema["x-injected"] == ["channels"]
    assert schema["x-required"] == []
    assert {"freeze", "lr_scale"} <= schema["properties"].keys()
    json.dumps(schema)


class Base(Fusion):
    max_modalities = 2

    def __init__(self, dims, a: int, b: int = 2) -> None: ...


class Keywords(Base):
    needs_tokens = True

    def __init__(self, c: int, **rest) -> None:
        super().__init__(**rest)


class Bare(Encoder):
    kind = "image"
    row_wise = False

    def __init__(self, channels: int) -> None:
        self.gives_tokens = channels > 3


@dataclass(frozen=True)
class Fields:
    a: int
    b: str = "x"
    c: ClassVar[int] = 3
    d: int = field(init=False, default=1)


def names(component, slot=""):
    schema = component_schema(component, slot)
    return [name for name in schema["properties"] if name != "_target_"], schema["additionalProperties"]


def test_keywords_that_are_handed_on_belong_to_the_base():
    assert names(Keywords, "fusion") == (["c", "a", "b"], False)
    assert component_schema(Keywords, "fusion")["x-required"] == ["c", "a"]


def test_what_a_librarys_class_gives_its_parent_is_not_required():
    class Sure(MeanMetric):
        pass

    assert component_schema(Sure, "metric")["x-required"] == []
    assert component_schema(BinaryF1Score, "metric")["x-required"] == []
    assert component_schema(Accuracy, "metric")["x-required"] == ["task"]


def test_what_takes_any_keyword_is_open():
    assert names(nn.Module) == ([], True)
    assert names(lambda lr, *rest, eps=1, **more: 0) == (["lr", "eps"], True)
    assert names(Fields) == (["a", "b"], False)


def test_facts_are_what_the_base_declares_and_no_instance_changes():
    facts = component_schema(Keywords, "fusion")["x-facts"]
    assert facts == {"level": "feature", "needs_tokens": True, "max_modalities": 2}
    facts = component_schema(Bare, "encoder")["x-facts"]
    assert (facts["kind"], facts["row_wise"], "gives_tokens" in facts) == ("image", False, False)


class Computed(Classification):
    def metrics(self) -> MetricCollection:
        return MetricCollection({})


def test_directions_of_a_tasks_metrics():
    assert component_schema(Classification, "task")["x-facts"]["METRICS"]["accuracy"] == "max"
    assert "METRICS" not in component_schema(Computed, "task")["x-facts"]


def as_an_editor_sees_it(config):
    """What a validator that knows nothing of mmfusion says of a file."""
    return list(Draft202012Validator(json.loads(FILE.read_text(encoding="utf-8"))).iter_errors(config))


@pytest.mark.parametrize("path", sorted((own_folder() / "experiment").glob("*.yaml")), ids=lambda path: path.stem)
def test_editors_accept_experiments(path):
    assert as_an_editor_sees_it(yaml.safe_load(path.read_text())) == []


@pytest.mark.parametrize(
    "text",
    [
        "sed: 3",
        "fusion: {dimm: 3}",
        "fusion: {_target_: mmfusion.fusion.concat.Concat, dims: {}}",
        "encoder: {image: {widths: wide}}",
        "trainer: {max_epoch: 3}",
        "callbacks: {mine: 3}",
        "data: {modalities: {image: {kind: image, sise: [8, 8]}}}",
        "data: {modalities: {image: {transforms: {train: [{_target_: mypackage.Mine}, {rate: much}]}}}}",
    ],
)
def test_editors_mark_what_is_wrong(text):
    assert as_an_editor_sees_it(yaml.safe_load(text))


def test_editors_leave_components_of_others_alone():
    assert not as_an_editor_sees_it(yaml.safe_load("fusion: {_target_: mypackage.Mine, anything: 3}"))
