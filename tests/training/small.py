"""Small models, batches and trainers for the tests of training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
import yaml
from torch.utils.data import DataLoader

from mmfusion.batch import Batch, Tokens
from mmfusion.config.instantiate import instantiate
from mmfusion.encoders.cnn import CNN
from mmfusion.encoders.features_mlp import FeaturesMLP
from mmfusion.encoders.rnn import RNN
from mmfusion.encoders.spectrogram_cnn import SpectrogramCNN
from mmfusion.fusion.concat import Concat
from mmfusion.fusion.decision import Decision
from mmfusion.fusion.hybrid import Hybrid
from mmfusion.loss_weighting._base import LossWeighting
from mmfusion.modality.placeholders import Placeholders
from mmfusion.model import MultiTaskModel
from mmfusion.sharing.hard import Hard
from mmfusion.tasks.binary import Binary
from mmfusion.tasks.classification import Classification
from mmfusion.tasks.regression import Regression
from mmfusion.training.module import MultiTaskModule
from mmfusion.training.noise import WARNINGS

# What Lightning warns of in runs as small as these.
QUIET = [
    pytest.mark.filterwarnings(f"ignore:{pattern}")
    for pattern in (*WARNINGS, "You defined a `validation_step` but have no `val_dataloader`", ".*LeafSpec")
]
WEIGHTINGS = Path(__file__).parents[2] / "conf" / "loss_weighting"
FEATURES = {"a": 5, "b": 4}
TASKS = ("kind", "sick", "age")
STATIC = {"kind": 0.5, "sick": 2.0, "age": 1.25}
MODEL_OPTIONS = ("fusion", "media", "placeholders", "seed", "hidden")


def make_tasks() -> dict[str, Any]:
    """Three tasks of different kinds, fitted."""
    tasks: dict[str, Any] = {"kind": Classification(), "sick": Binary(), "age": Regression()}
    for task, labels in zip(tasks.values(), (["x", "y", "z"], ["no", "yes"], [0.0, 2.0, 4.0]), strict=True):
        task.fit(labels)
    return tasks


def make_model(
    fusion: str = "concat", media: bool = False, placeholders: bool = False, seed: int = 0, hidden: tuple[int, ...] = ()
):
    """Encoders of vectors `a` and `b`, or (`media`) of an image, a text and a speech; no dropout."""
    torch.manual_seed(seed)
    if media:
        encoders: dict[str, Any] = {
            "image": CNN(1, widths=(4, 4), pools=(2, 1), grid=2, dropout=0.0),
            "text": RNN(11, embedding=6, hidden=6, embedding_dropout=0.0, dropout=0.0),
            "speech": SpectrogramCNN(
                8000, mels=16, spec_augment=None, widths=(4, 4), kernels=(3,), pools=(2, 1), dropout=0.0
            ),
        }
    else:
        encoders = {name: FeaturesMLP(width, False, hidden=(6,), dropout=0.0) for name, width in FEATURES.items()}
    dims = {name: encoder.dim for name, encoder in encoders.items()}
    feature = {"_target_": "mmfusion.fusion.concat.Concat", "dim": 6}
    fused = {
        "concat": lambda: Concat(dims, dim=6),
        "decision": lambda: Decision(dims, "learned"),
        "hybrid": lambda: Hybrid(dims, feature, "learned"),
    }[fusion]()
    tasks = make_tasks()
    stand_ins = Placeholders(dims) if placeholders else None
    sharing = Hard(fused.streams, list(tasks))
    return MultiTaskModel(encoders, fused, sharing, tasks, placeholders=stand_ins, head_hidden=hidden)


def make_weighting(name: str, **arguments: Any):
    """A loss weighting from its YAML."""
    node = yaml.safe_load((WEIGHTINGS / f"{name}.yaml").read_text())
    if name == "static":  # or it would be `equal`
        node["weights"] = dict(STATIC)
    return instantiate({**node, **arguments}, tasks=list(TASKS), regressions=["age"])


def sgd(model: MultiTaskModel, weighting: LossWeighting) -> torch.optim.Optimizer:
    return torch.optim.SGD([*model.parameters(), *weighting.parameters()], lr=0.05, momentum=0.9)


def make_module(weighting: str = "equal", gradients_of: str = "representation", **options: Any) -> MultiTaskModule:
    """A module whose model is built with the options that `make_model` knows; the rest are the module's."""
    model = make_model(**{k: options.pop(k) for k in MODEL_OPTIONS if k in options})
    return MultiTaskModule(model, make_weighting(weighting), gradients_of, **{"optimizer": sgd, **options})


def make_batch(rows: int, seed: int = 0, media: bool = False) -> Batch:
    """`rows` rows with everything present and labelled."""
    generator = torch.Generator().manual_seed(seed)

    def random(*shape: int) -> torch.Tensor:
        return torch.randn(rows, *shape, generator=generator)

    lengths = torch.randint(2, 7, (rows,), generator=generator)
    words = torch.randint(2, 11, (rows, 6), generator=generator) * (torch.arange(6) < lengths[:, None])
    if media:
        inputs = {"image": random(1, 8, 8), "text": Tokens(words, lengths)}
        inputs["speech"] = Tokens(random(1600), torch.full((rows,), 1600))
    else:
        inputs = {name: random(width) for name, width in FEATURES.items()}
    targets = {
        "kind": torch.randint(3, (rows,), generator=generator),
        "sick": torch.randint(2, (rows,), generator=generator),
        "age": 2 + 2 * random(),
    }
    everywhere = torch.ones(rows, dtype=torch.bool)
    return Batch(
        inputs,
        {name: everywhere.clone() for name in inputs},
        targets,
        {name: everywhere.clone() for name in targets},
        [str(i) for i in range(rows)],
    )


def loader(batches: list[Batch]) -> DataLoader:
    return DataLoader(batches, batch_size=None)


class History(pl.Callback):
    """Keeps every step's record."""

    def __init__(self) -> None:
        self.records: list[Any] = []

    def on_train_batch_end(self, trainer: pl.Trainer, module: pl.LightningModule, *rest: Any) -> None:
        self.records.append(module.record)

    def stacked(self, name: str) -> torch.Tensor:
        return torch.stack([getattr(record, name) for record in self.records])


def make_trainer(folder: Path | str, **options: Any) -> pl.Trainer:
    """A quiet trainer on one CPU process, without logger and checkpoints."""
    quiet: dict[str, Any] = {
        "accelerator": "cpu",
        "devices": 1,
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "use_distributed_sampler": False,
        "num_sanity_val_steps": 0,
        "default_root_dir": folder,
    }
    return pl.Trainer(**{**quiet, **options})
