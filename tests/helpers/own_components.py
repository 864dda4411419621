"""Components of a user's own: the few files that each takes, inside mmfusion's repository and outside of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

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


@dataclass(frozen=True)
class Component:
    """One component of the experiment `own`.

    Attributes:
        files: path in a checkout of mmfusion to text: all that is written to add it, its test left out.
        key: where its `_target_` stands in a run's config.
        shows: whether a run's folder shows that it did something.
        defaults: what the experiment lists.
        body: what the experiment sets.
    """

    files: dict[str, str]
    key: str
    shows: Callable[[Path], bool]
    defaults: tuple[str, ...] = ()
    body: str = ""

    @property
    def module(self) -> str:
        """Dotted name of its Python file in mmfusion."""
        return next(path for path in self.files if path.endswith(".py")).removesuffix(".py").replace("/", ".")

    def outside(self) -> dict[str, str]:
        """The files in a user's folder: a module of `here/mypackage`, options in `conf`."""
        own = f"{PACKAGE}.{self.module.rpartition('.')[2]}"
        return {
            f"here/{own.replace('.', '/')}.py" if path.endswith(".py") else path: text.replace(self.module, own)
            for path, text in self.files.items()
        }


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
}


def write_all(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def experiment() -> str:
    """The experiment `own`: a small table under every component."""
    defaults = ["small", *(line for component in COMPONENTS.values() for line in component.defaults), "_self_"]
    lines = [
        "# @package _global_",
        "# a table under parts of my own",
        "defaults:",
        *(f"  - {each}" for each in defaults),
    ]
    return "\n".join([*lines, "name: own", *(component.body for component in COMPONENTS.values())]) + "\n"


def make_workplace(folder: Path) -> None:
    """A user's folder: `here` to work in, with the package, and configs in `conf`."""
    write_small_experiment(folder)
    (folder / "here").mkdir()
    write_all(folder, {"conf/experiment/own.yaml": experiment(), f"here/{PACKAGE}/__init__.py": ""})
    for component in COMPONENTS.values():
        write_all(folder, component.outside())


def make_checkout(folder: Path) -> None:
    """A copy of mmfusion in `checkout` to which the components were added, and the table's config in `conf`."""
    write_small_experiment(folder)
    write_all(folder, {"conf/experiment/own.yaml": experiment()})
    for part in ("mmfusion", "conf"):
        shutil.copytree(REPOSITORY / part, folder / "checkout" / part)
    for component in COMPONENTS.values():
        write_all(folder / "checkout", component.files)


def target_of(run: Path, key: str) -> str:
    """The `_target_` at a dotted key of a run's config."""
    node = yaml.safe_load((run / "config.yaml").read_text())
    for part in key.split("."):
        node = node[part]
    return str(node["_target_"])
