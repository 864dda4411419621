"""Small tables with files of their own, for tests of the data room."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import soundfile
from torchvision.transforms.v2 import RandomRotation

from mmfusion.data.batches.build_loader import LoaderConfig
from mmfusion.data.kinds.image import Image
from mmfusion.data.kinds.series import Series
from mmfusion.data.kinds.speech import Speech
from mmfusion.data.kinds.tabular import Tabular
from mmfusion.data.kinds.text import Text
from mmfusion.data.module import MultiModalData
from mmfusion.data.sources._base import Source
from mmfusion.data.table.table import Table
from mmfusion.data.transforms.gaussian_noise import GaussianNoise
from mmfusion.data.transforms.word_dropout import WordDropout
from mmfusion.label_reader import LabelReader

WORDS = ("north", "south", "east", "west", "up", "down")


class Fixed(Source):
    """A source of one table; counts how often it is read."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.reads = 0

    def read(self) -> Table:
        self.reads += 1
        return self.table


class Reader(LabelReader):
    """Classes of a column, in the alphabet's order."""

    fill = 0

    def __init__(self, column: str | None = None) -> None:
        self.column = column
        self.classes: list[str] = []

    def fit(self, labels):
        self.classes = sorted({str(label) for label in labels})

    def check(self, label):
        if str(label) not in self.classes:
            raise ValueError(f"expected one of {', '.join(self.classes)}")
        return self.classes.index(str(label))

    def state(self):
        return {"classes": self.classes}

    def load_state(self, state):
        self.classes = state["classes"]


def make_table(root: Path, train: int = 30, val: int = 7, test: int = 9, holes: bool = True) -> Table:
    """Images and sounds as files, texts, numbers and series; with `holes`, every seventh cell is empty."""
    rng = np.random.default_rng(0)
    total = train + val + test
    for folder in ("images", "sounds", "series"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    columns: dict[str, list] = {name: [] for name in ("image", "speech", "note", "age", "sensor", "label")}
    for i in range(total):
        PIL.Image.fromarray(rng.integers(0, 256, (6, 5), dtype=np.uint8)).save(root / "images" / f"{i}.png")
        wave = rng.integers(-9000, 9000, int(rng.integers(50, 200))).astype(np.int16)
        soundfile.write(str(root / "sounds" / f"{i}.wav"), wave, 1000)
        steps = rng.normal(size=(int(rng.integers(2, 9)), 2))
        np.save(root / "series" / f"{i}.npy", steps)
        columns["image"].append(f"images/{i}.png")
        columns["speech"].append(f"sounds/{i // 2 * 2}.wav")  # two rows share a sound
        columns["note"].append(" ".join(rng.choice(WORDS, int(rng.integers(1, 6)))))
        columns["age"].append(str(int(rng.integers(1, 90))))
        columns["sensor"].append(f"series/{i}.npy")
        columns["label"].append("ab"[i % 2])
    if holes:
        for shift, name in enumerate(columns):
            columns[name] = [None if i % 7 == shift else cell for i, cell in enumerate(columns[name])]
    splits = ["train"] * train + ["val"] * val + ["test"] * test
    return Table("rows.csv", columns, splits, [f"row{i}" for i in range(total)], range(2, total + 2), root)


def make_kinds(**changes):
    return {
        "image": Image("image", channels=1),
        "speech": Speech("speech", sample_rate=1000, seconds=0.12, crop="random"),
        "note": Text(),
        "vitals": Tabular(numeric=["age"]),
        "sensor": Series(max_length=5, crop="random"),
    } | changes


def make_transforms():
    noise, turn = GaussianNoise(0.5), RandomRotation(20)
    return {
        "image": {"train": [turn], "eval": [turn]},
        "speech": {"train": [], "eval": [noise]},
        "note": {"train": [WordDropout(0.3, to="removed")], "eval": []},
        "sensor": {"train": [noise], "eval": [noise]},
    }


def make_data(table: Table, kinds=None, transforms=None, labels=None, seed: int = 0, **loader) -> MultiModalData:
    """A data module over a fixed table; every part can be replaced."""
    return MultiModalData(
        Fixed(table),
        make_kinds() if kinds is None else kinds,
        make_transforms() if transforms is None else transforms,
        {"label": Reader()} if labels is None else labels,
        LoaderConfig(**({"batch_size": 8} | loader)),
        seed,
    )
