"""`data=latent`: features of three modalities that are views of one hidden vector; made in memory.

Shapes: N rows, K hidden numbers, D features of one modality.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from mmfusion.config.errors import suggest
from mmfusion.data.seeds import mix
from mmfusion.data.source import Source
from mmfusion.data.table import Column, Table

SPLITS = ("train", "val", "test")


class Latent(Source):
    """`x_m = A_m z_m + σ ε_m`: modality m sees its own share `z_m` of a hidden vector `z ~ N(0, I_K)`.

    The targets need all of z: `label = argmax_c w_c·z`, written `class_0`, `class_1`, …; `value = v·z + σ ε`, of
    variance `1 + σ²`; all `w_c` and v have length 1. `A_m` has independent entries `N(0, 1/K_m)`, so features have
    variance `1 + σ²` too. It stands for features that were computed beforehand by large encoders.

    Args:
        rows: number of rows of train, val and test.
        seed: of all that is drawn; not negative.
        dims: modality to its number of features; the columns have their names.
        latent: K, at least one number for each modality; they share it as evenly as can be.
        classes: number of classes.
        noise: σ.

    Raises:
        ValueError: an unknown name, or a number out of range.
    """

    def __init__(
        self,
        rows: Mapping[str, int],
        seed: int = 0,
        dims: Mapping[str, int] | None = None,
        latent: int = 24,
        classes: int = 5,
        noise: float = 0.1,
    ) -> None:
        self.dims = dict(dims) if dims else {"image": 2048, "text": 1024, "speech": 1024}
        for name in rows:
            if name not in SPLITS:
                raise ValueError(f"data.rows: there is no {name!r}; {suggest(name, SPLITS)}")
        least: dict[str, tuple[float, int]] = {
            "seed": (seed, 0),
            "latent": (latent, len(self.dims)),
            "classes": (classes, 2),
            "noise": (noise, 0),
        }
        least |= {f"dims.{name}": (size, 1) for name, size in self.dims.items()}
        least |= {f"rows.{name}": (number, 0) for name, number in rows.items()}
        for name, (found, lowest) in least.items():
            if found < lowest:
                raise ValueError(f"data.{name}: expected {lowest} or more, found {found}")
        self.rows = dict(rows)
        self.seed = seed
        self.noise = noise
        rng = self._rng("weights")
        parts = np.array_split(np.arange(latent), len(self.dims))
        self._parts = dict(zip(self.dims, parts, strict=True))
        self._views = {
            name: rng.standard_normal((len(part), self.dims[name])) / math.sqrt(len(part))
            for name, part in self._parts.items()
        }
        directions = rng.standard_normal((latent, classes + 1))
        directions /= np.linalg.norm(directions, axis=0)
        self._classes, self._value = directions[:, :-1], directions[:, -1]

    def read(self) -> Table:
        counts = {split: self.rows.get(split, 0) for split in SPLITS}
        parts = [self._split(split, n) for split, n in counts.items()]
        splits = [split for split, n in counts.items() for _ in range(n)]
        columns: dict[str, Column] = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        columns["label"] = [f"class_{i}" for i in columns["label"]]
        return Table(
            name="latent",
            columns=columns,
            splits=splits,
            ids=[f"{split}_{i:05d}" for split, n in counts.items() for i in range(n)],
            rows=range(1, len(splits) + 1),
        )

    def ceiling(self, modalities: frozenset[str]) -> dict[str, dict[str, float]]:
        """Of `value` alone: everything is Gaussian, so its posterior given the features is known in closed form."""
        missed = self.noise**2
        for name, part in self._parts.items():
            v = self._value[part]
            if name in modalities:
                # What is left of each direction of z_m after seeing x_m: σ² / (σ² + s²), s its singular value in A_m.
                directions, s, _ = np.linalg.svd(self._views[name])
                s = np.pad(s, (0, len(part) - len(s)))
                left = np.where(s > 1e-9, self.noise**2 / np.maximum(self.noise**2 + s**2, 1e-18), 1.0)
                missed += float(((directions.T @ v) ** 2 * left).sum())
            else:
                missed += float(v @ v)
        explained = 1 - missed / (1 + self.noise**2)
        mae = math.sqrt(2 * missed / math.pi)
        return {"value": {"mae": mae, "rmse": math.sqrt(missed), "r2": explained, "pearson": math.sqrt(explained)}}

    def _split(self, split: str, n: int) -> dict[str, np.ndarray]:
        rng = self._rng(split)
        z_NK = rng.standard_normal((n, len(self._value)))
        columns = {
            "label": (z_NK @ self._classes).argmax(1),
            "value": z_NK @ self._value + self.noise * rng.standard_normal(n),
        }
        for name, view_KD in self._views.items():
            noise_ND = rng.standard_normal((n, view_KD.shape[1]), dtype=np.float32)
            columns[name] = (z_NK[:, self._parts[name]] @ view_KD).astype(np.float32) + self.noise * noise_ND
        return columns

    def _rng(self, what: str) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64(mix(self.seed, what)))
