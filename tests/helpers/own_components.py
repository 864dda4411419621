"""Components of a user's own: the few files that each takes, inside mmfusion's repository and outside of it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml
from omegaconf import OmegaConf

from tests.helpers.pages import REPOSITORY, example
from tests.runs.small_experiment import write_small_experiment

PACKAGE = "mypackage"
CALLBACK = '''\
"""The length of all parameters as one vector."""

from pytorch_lightning import Callback


class WeightNorm(Callback):
    """Logs it after every epoch.

    Args:
        name: under which it is logged.
    """

    def __init__(self, name: str = "norm") -> None:
        self.name = name

    def on_train_epoch_end(self, trainer, pl_module):
        pl_module.log(self.name, sum(p.detach().square().sum() for p in pl_module.parameters()).sqrt())
'''
METRIC = '''\
"""The share of rows that a model is sure of."""

from torchmetrics import MeanMetric


class Confident(MeanMetric):
    """Rows whose probability of yes is beyond a limit on either side.

    Args:
        limit: of the distance from one half.
    """

    def __init__(self, limit: float = 0.25) -> None:
        super().__init__()
        self.limit = limit

    def update(self, preds, target):
        super().update(((preds - 0.5).abs() > self.limit).float())
'''
SECTION = '''\
"""How long the runs took."""

from mmfusion.report.sections._base import ReportSection, Section, SectionTable


class Durations(ReportSection):
    """A row a run."""

    def section(self, runs):
        rows = [[run.name, f"{run.seconds:.1f}"] for run in runs]
        return Section("Durations", ["Seconds."], [SectionTable(["run", "s"], rows)])
'''


SECTION_FILES = {"mmfusion/report/sections/durations.py": SECTION}
"""A section of the page stands in no run's config."""


TRANSFORM = '''\
"""Numbers disturbed a little, all of a row alike."""

import torch


class Jitter(torch.nn.Module):
    """Adds one random number to a row, and notes which in a file.

    Args:
        file: in the working directory.
        size: of the number.
    """

    def __init__(self, file: str, size: float = 0.1) -> None:
        super().__init__()
        self.file, self.size = file, size

    def forward(self, x):
        shift = self.size * torch.rand(())
        with open(self.file, "a") as file:
            file.write(f"{shift.item()!r}\\n")
        return x + shift
'''


KIND = '''\
"""Point clouds: text files, a point a line."""

import numpy as np
import torch

from mmfusion.data.decode.broken import decoding
from mmfusion.data.decode.paths import resolve_path
from mmfusion.data.kinds._base import Kind


class Cloud(Kind):
    """Float `[L, A]`, points in no order.

    Args:
        column: the manifest's column, with paths.
        scale: that all numbers are divided by.
    """

    suffixes = (".xyz",)
    encoder_arguments = ("axes",)
    reads_files = True
    ragged = True

    def __init__(self, column: str, scale: float = 1.0) -> None:
        self.columns = [column]
        self.scale = scale
        self.axes = 0

    def fit(self, cells, root):
        self.axes = self.decode(cells[0], root).shape[1]

    def decode(self, cell, root):
        place = resolve_path(root, cell)
        with decoding(cell, root):
            return torch.from_numpy(np.loadtxt(place, ndmin=2)).float() / self.scale

    def blank(self):
        return torch.zeros(0, self.axes)

    def finish(self, stored):
        return stored

    def state(self):
        return {"axes": self.axes}

    def load_state(self, state):
        self.axes = state["axes"]
'''
ENCODER = '''\
"""A point cloud as its mean."""

import torch

from mmfusion.batch import Encoded
from mmfusion.encoders._base import Encoder


class CloudMean(Encoder):
    """`f = W mean_i p_i`.

    Args:
        axes: numbers of a point.
        dim: width of the result.
    """

    kind = "cloud"

    def __init__(self, axes: int, dim: int = 8) -> None:
        super().__init__()
        self.dim = dim
        self.project = torch.nn.Linear(axes, dim)

    def forward(self, x):
        mean_BA = x.values.sum(1) / x.lengths.clamp(min=1)[:, None]
        return Encoded.from_pooled(self.project(mean_BA))
'''


@dataclass(frozen=True)
class Component:
    """One component of the experiment `own`.

    Attributes:
        files: path in a checkout of mmfusion to text: all that is written to add it, its test left out.
        key: where its `_target_` stands in a run's config.
        shows: whether a run's folder shows that it did something.
        defaults: what the experiment lists.
        body: what the experiment sets.
        short: target to what mmfusion's own are called in its place.
        prepare: adds to the data in a folder what the component reads.
        most: files that it may take.
    """

    files: dict[str, str]
    key: str
    shows: Callable[[Path], bool]
    defaults: tuple[str, ...] = ()
    body: str = ""
    short: tuple[str, str] = ("", "")
    prepare: Callable[[Path], None] = lambda folder: None
    most: int = 2

    @property
    def modules(self) -> dict[str, str]:
        """Dotted names of its Python files in mmfusion, to those in a user's package."""
        names = [path.removesuffix(".py").replace("/", ".") for path in self.files if path.endswith(".py")]
        return {name: f"{PACKAGE}.{name.rpartition('.')[2]}" for name in names}

    def renamed(self, text: str) -> str:
        """A text of mmfusion as one of the user's package."""
        for name, own in self.modules.items():
            text = text.replace(name, own)
        return text

    def outside(self) -> dict[str, str]:
        """The files in a user's folder: modules of `here/mypackage`, options in `conf`."""
        return {
            f"here/{PACKAGE}/{Path(path).name}" if path.endswith(".py") else path: self.renamed(text)
            for path, text in self.files.items()
        }


def add_clouds(folder: Path) -> None:
    """Ten files, and a column of `small.csv` that names one in each row."""
    (folder / "clouds").mkdir()
    for i in range(10):
        points = [f"{i + axis} {axis} {place}" for place, axis in enumerate(range(i + 2))]
        (folder / "clouds" / f"{i}.xyz").write_text("\n".join(points))
    header, *rows = (folder / "small.csv").read_text().splitlines()
    cells = ["cloud", *(f"clouds/{i % 10}.xyz" for i in range(len(rows)))]
    lines = [f"{line},{cell}" for line, cell in zip([header, *rows], cells, strict=True)]
    (folder / "small.csv").write_text("\n".join(lines) + "\n")


COMPONENTS = {
    "fusion": Component(
        {path: example(path) for path in ("mmfusion/fusion/maximum.py", "conf/fusion/maximum.yaml")},
        key="fusion",
        shows=lambda run: (run / "checkpoints" / "best.ckpt").is_file(),
        defaults=("override /fusion: maximum",),
        body="fusion: {dim: 8}",
    ),
    "callback": Component(
        {
            "mmfusion/training/callbacks/weight_norm.py": CALLBACK,
            "conf/callbacks/weight_norm.yaml": "# as default, and the weights' norm is logged (mmfusion)\n"
            "defaults: [default]\nweight_norm:\n  _target_: mmfusion.training.callbacks.weight_norm.WeightNorm\n",
        },
        key="callbacks.weight_norm",
        shows=lambda run: "own_norm" in (run / "metrics.csv").read_text().splitlines()[0].split(","),
        defaults=("override /callbacks: weight_norm",),
        body="callbacks: {weight_norm: {name: own_norm}}",
    ),
    "kind": Component(
        {
            "mmfusion/data/kinds/cloud.py": KIND,
            "mmfusion/encoders/cloud_mean.py": ENCODER,
            "conf/encoder/cloud/mean.yaml": "# Mean of a cloud's points (mmfusion)\n"
            "_target_: mmfusion.encoders.cloud_mean.CloudMean\ndim: 8\n",
        },
        key="encoder.cloud",
        shows=lambda run: json.loads((run / "fitted" / "data.json").read_text())["kinds"]["cloud"] == {"axes": 3},
        defaults=("/encoder/cloud@encoder.cloud: mean",),
        body="data: {modalities: {cloud: {_target_: mmfusion.data.kinds.cloud.Cloud, column: cloud, scale: 10.0}}}",
        short=("_target_: mmfusion.data.kinds.cloud.Cloud", "kind: cloud"),
        prepare=add_clouds,
        most=3,
    ),
    "transform": Component(
        {"mmfusion/data/transforms/jitter.py": TRANSFORM},
        key="data.modalities.a.transforms.train.0",
        shows=lambda run: len(set((run.parent / "jitters").read_text().split())) > 10,
        body="data: {modalities: {a: {transforms: {train: "
        "[{_target_: mmfusion.data.transforms.jitter.Jitter, file: jitters}]}}}}",
    ),
    "metric": Component(
        {
            "mmfusion/tasks/metrics/confident.py": METRIC,
            "conf/task/confident.yaml": "# as binary, and how sure the model is (mmfusion)\n"
            "defaults: [binary]\nmetrics: {confident: "
            "{_target_: mmfusion.tasks.metrics.confident.Confident, direction: max, limit: 0.1}}\n",
        },
        key="task.flag.metrics.confident",
        shows=lambda run: "test/flag/confident" in json.loads((run / "result.json").read_text())["metrics"],
        defaults=("override /task@task.flag: confident",),
        body="task: {level: {metrics: {spread: {_target_: torchmetrics.ExplainedVariance}}}}",
    ),
}


def write_all(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def experiment(*, outside: bool) -> str:
    """The experiment `own`: a small table under every component, of a user's package or of mmfusion."""
    own = sorted((d for c in COMPONENTS.values() for d in c.defaults), key=lambda line: line.startswith("override"))
    defaults = ["small", *own, "_self_"]
    lines = [
        "# @package _global_",
        "# a table under parts of my own",
        "defaults:",
        *(f"  - {each}" for each in defaults),
    ]
    bodies = [c.renamed(c.body) if outside else c.body.replace(*c.short) for c in COMPONENTS.values()]
    return "\n".join([*lines, "name: own", OmegaConf.to_yaml(OmegaConf.merge(*map(OmegaConf.create, bodies)))])


def make_workplace(folder: Path) -> None:
    """A user's folder: `here` to work in, with the package, and configs in `conf`."""
    write_small_experiment(folder)
    (folder / "here").mkdir()
    write_all(folder, {"conf/experiment/own.yaml": experiment(outside=True), f"here/{PACKAGE}/__init__.py": ""})
    write_all(folder, {f"here/{PACKAGE}/durations.py": SECTION})
    for component in COMPONENTS.values():
        component.prepare(folder)
        write_all(folder, component.outside())


def make_checkout(folder: Path) -> None:
    """A copy of mmfusion in `checkout` to which the components were added, and the table's config in `conf`."""
    write_small_experiment(folder)
    write_all(folder, {"conf/experiment/own.yaml": experiment(outside=False)})
    for part in ("mmfusion", "conf", "scripts"):
        shutil.copytree(REPOSITORY / part, folder / "checkout" / part)
    write_all(folder / "checkout", SECTION_FILES)
    for component in COMPONENTS.values():
        component.prepare(folder)
        write_all(folder / "checkout", component.files)


def forget(package: str) -> None:
    """Take a package out of the modules that are imported: the next import reads it anew."""
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        del sys.modules[name]


def target_of(run: Path, key: str) -> str:
    """The `_target_` at a dotted key of a run's config."""
    node = yaml.safe_load((run / "config.yaml").read_text())
    for part in key.split("."):
        node = node[int(part) if isinstance(node, list) else part]
    return str(node["_target_"])
