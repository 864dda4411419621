"""`data=digits`: three independent digits a row, one drawn, one spoken, one written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mmfusion.config.errors import suggest
from mmfusion.data.digits.ceiling import ORDER, ceiling, largest, total
from mmfusion.data.digits.images import draw
from mmfusion.data.digits.phrases import phrase
from mmfusion.data.digits.speech import speak
from mmfusion.data.seeds import mix
from mmfusion.data.source import Source
from mmfusion.data.table import Table

SPLITS = ("train", "val", "test")
TASKS = ("sum", "largest")
NOISY = ("image", "speech")


class Digits(Source):
    """Rows whose columns are `image`, `speech`, `text`, the targets `sum` and `largest`, and the digits themselves.

    `sum` is the sum of the three digits, 0…27. `largest` is `image`, `speech` or `text`, whichever holds the largest
    digit; of equal digits the first in that order. Every modality is needed for either, and what any subset of them
    allows at best is known exactly (`ceiling`).

    Digits are uniform and independent. No handwritten image and no voice is in two splits. The same seed gives the
    same rows; noise, absences and missing labels leave everything else as it is.

    Args:
        rows: number of rows of train, val and test.
        seed: of all that is drawn; not negative.
        noise: of `image`, standard deviation relative to white; of `speech`, relative to the word's own level.
        absent: for each modality the share of rows that lack it, in every split; never all three in one row.
        unlabelled: for each task the share of training rows without a label; val and test keep all theirs.

    Raises:
        ValueError: an unknown name, or a number out of range.
    """

    def __init__(
        self,
        rows: Mapping[str, int],
        seed: int = 0,
        noise: Mapping[str, float] | None = None,
        absent: Mapping[str, float] | None = None,
        unlabelled: Mapping[str, float] | None = None,
    ) -> None:
        if seed < 0:
            raise ValueError(f"data.seed: expected 0 or more, found {seed}")
        self.rows = _numbers("rows", rows, SPLITS, 0, None)
        self.seed = seed
        self.noise = _numbers("noise", noise or {}, NOISY, 0, None)
        self.absent = _numbers("absent", absent or {}, ORDER, 0, 1)
        self.unlabelled = _numbers("unlabelled", unlabelled or {}, TASKS, 0, 1)

    def read(self) -> Table:
        parts = [self._split(split, int(self.rows.get(split, 0))) for split in SPLITS]
        splits = [split for split in SPLITS for _ in range(int(self.rows.get(split, 0)))]
        return Table(
            name="digits",
            columns={name: [cell for part in parts for cell in part[name]] for name in parts[0]},
            splits=splits,
            ids=[f"{split}_{i:05d}" for split in SPLITS for i in range(int(self.rows.get(split, 0)))],
            rows=range(1, len(splits) + 1),
        )

    def ceiling(self, modalities: frozenset[str]) -> dict[str, dict[str, float]]:
        known = modalities & set(ORDER)
        return ceiling(known, self.absent) if known else {}

    def _split(self, split: str, n: int) -> dict[str, list[Any]]:
        """Columns of one split; everything is drawn by a generator of its own, so options do not disturb another's."""
        digits_N3 = self._rng(split, "digits").integers(10, size=(n, 3))
        columns: dict[str, list[Any]] = {
            "image": list(draw(digits_N3[:, 0], split, self._rng(split, "image"), self.noise.get("image", 0))),
            "speech": speak(digits_N3[:, 1], split, self._rng(split, "speech"), self.noise.get("speech", 0)),
            "text": phrase(digits_N3[:, 2], self._rng(split, "text")),
            "sum": total(digits_N3).tolist(),
            "largest": [ORDER[i] for i in largest(digits_N3)],
        }
        for i, name in enumerate(ORDER):
            columns[f"{name}_digit"] = digits_N3[:, i].tolist()
        lacking_N3 = self._lacking(self._rng(split, "absent"), n)
        for i, name in enumerate(ORDER):
            columns[name] = [None if gone else x for gone, x in zip(lacking_N3[:, i], columns[name], strict=True)]
        if split == "train":
            for name in TASKS:
                gone_N = self._rng(split, "unlabelled", name).uniform(size=n) < self.unlabelled.get(name, 0)
                columns[name] = [None if gone else x for gone, x in zip(gone_N, columns[name], strict=True)]
        return columns

    def _lacking(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """Bool `[N, 3]` in the order of `ORDER`, never all True in a row."""
        lacking_N3 = rng.uniform(size=(n, 3)) < np.array([self.absent.get(name, 0) for name in ORDER])
        spared_N = rng.integers(3, size=n)
        nothing = np.flatnonzero(lacking_N3.all(1))
        lacking_N3[nothing, spared_N[nothing]] = False
        return lacking_N3

    def _rng(self, *what: str) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64(mix(self.seed, *what)))


def _numbers(
    option: str, given: Mapping[str, float], names: tuple[str, ...], low: float, high: float | None
) -> dict[str, float]:
    """The option's numbers, checked."""
    allowed = f"{low} or more" if high is None else f"a number from {low} to {high}"
    for name, number in given.items():
        if name not in names:
            raise ValueError(f"data.{option}: there is no {name!r}; {suggest(name, names)}")
        if not low <= number <= (float("inf") if high is None else high):
            raise ValueError(f"data.{option}.{name}: expected {allowed}, found {number}")
    return dict(given)
