"""Handwritten digits: scikit-learn's 1,797 real ones of 8×8, each drawn anew for its row at 32×32.

Shapes: N rows, H = W = 32.
"""

from __future__ import annotations

from functools import cache

import numpy as np

SIZE = 32
SHARES = {"train": 0.7, "val": 0.1, "test": 0.2}


@cache
def pool(split: str) -> tuple[np.ndarray, np.ndarray]:
    """The handwritten images of one split, float32 `[M, 8, 8]` in 0…1, and their digits `[M]`.

    Each digit's images are shared out by `SHARES`, always alike: no split ever sees another's, whatever the seed.
    """
    from sklearn.datasets import load_digits  # takes a second to import

    images, labels = load_digits(return_X_y=True)
    order = np.random.Generator(np.random.PCG64(8)).permutation(len(labels))
    chosen = []
    for digit in range(10):
        own = order[labels[order] == digit]
        ends = np.round(np.cumsum([0.0, *SHARES.values()]) * len(own)).astype(int)
        i = list(SHARES).index(split)
        chosen.append(own[ends[i] : ends[i + 1]])
    rows = np.concatenate(chosen)
    return (images[rows] / 16).astype(np.float32).reshape(-1, 8, 8), labels[rows]


def draw_digits(digits: np.ndarray, split: str, rng: np.random.Generator, noise: float = 0.0) -> np.ndarray:
    """Images uint8 `[N, H, W]`, white on black, of the digits `[N]`.

    A handwritten digit is picked from the split's pool, turned by up to 12°, drawn at 24 to 30 pixels, and moved by up
    to 3 pixels, bilinearly. `noise` is the standard deviation of white noise on the pixels, relative to white.
    """
    images, labels = pool(split)
    n = len(digits)
    which = np.empty(n, dtype=int)
    for digit in range(10):
        rows = np.flatnonzero(digits == digit)
        which[rows] = rng.choice(np.flatnonzero(labels == digit), size=len(rows))
    scale = 8 / rng.uniform(24, 30, n)
    angle = np.deg2rad(rng.uniform(-12, 12, n))
    shift_y, shift_x = rng.uniform(-3, 3, (2, n))

    # Where in the small image each pixel of the large one comes from.
    centre = (SIZE - 1) / 2
    y, x = np.meshgrid(np.arange(SIZE) - centre, np.arange(SIZE) - centre, indexing="ij")
    y = y[None] - shift_y[:, None, None]
    x = x[None] - shift_x[:, None, None]
    cos, sin = (scale * np.cos(angle))[:, None, None], (scale * np.sin(angle))[:, None, None]
    drawn = _bilinear(images[which], cos * y + sin * x + 3.5, cos * x - sin * y + 3.5)
    if noise:
        drawn += noise * rng.standard_normal(drawn.shape, dtype=np.float32)
    return np.clip(np.rint(drawn * 255), 0, 255).astype(np.uint8)


def _bilinear(images: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Values of `[N, 8, 8]` at fractional places `[N, H, W]`; 0 outside."""
    padded = np.pad(images, ((0, 0), (1, 2), (1, 2)))
    y, x = np.clip(y + 1, 0, 9), np.clip(x + 1, 0, 9)
    low_y, low_x = np.floor(y).astype(int), np.floor(x).astype(int)
    part_y, part_x = (y - low_y).astype(np.float32), (x - low_x).astype(np.float32)
    row = np.arange(len(images))[:, None, None]
    top = padded[row, low_y, low_x] * (1 - part_x) + padded[row, low_y, low_x + 1] * part_x
    bottom = padded[row, low_y + 1, low_x] * (1 - part_x) + padded[row, low_y + 1, low_x + 1] * part_x
    return top * (1 - part_y) + bottom * part_y
