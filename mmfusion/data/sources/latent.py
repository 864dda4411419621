"""`data=latent`: features of three modalities that are views of one hidden vector; made in memory.

Shapes: N rows, K hidden numbers, D features of one modality.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge

from mmfusion.data.sources._base import Source
from mmfusion.data.sources._generated import generator, table_of
from mmfusion.data.table.table import Column, Table

DIMS = MappingProxyType({"image": 2048, "text": 1024, "speech": 1024})


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
        ValueError: fewer hidden numbers than modalities.
    """

    def __init__(
        self,
        rows: Mapping[Literal["train", "val", "test"], Annotated[int, Ge(0)]],
        seed: Annotated[int, Ge(0)] = 0,
        dims: Mapping[str, Annotated[int, Ge(1)]] = DIMS,
        latent: int = 24,
        classes: Annotated[int, Ge(2)] = 5,
        noise: Annotated[float, Ge(0)] = 0.1,
    ) -> None:
        self.dims = dict(dims)
        if latent < len(self.dims):
            raise ValueError(f"latent: expected {len(self.dims)} or more, one for each modality, found {latent}")
        self.rows: Mapping[Any, int] = rows
        self.seed = seed
        self.noise = noise
        rng = generator(seed, "weights")
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
        return table_of("latent", self.rows, self._split)

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

    def _split(self, split: str, n: int) -> dict[str, Column]:
        rng = generator(self.seed, split)
        z_NK = rng.standard_normal((n, len(self._value)))
        columns: dict[str, Column] = {
            "label": [f"class_{i}" for i in (z_NK @ self._classes).argmax(1)],
            "value": z_NK @ self._value + self.noise * rng.standard_normal(n),
        }
        for name, view_KD in self._views.items():
            noise_ND = rng.standard_normal((n, view_KD.shape[1]), dtype=np.float32)
            columns[name] = (z_NK[:, self._parts[name]] @ view_KD).astype(np.float32) + self.noise * noise_ND
        return columns
