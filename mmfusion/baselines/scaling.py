"""A modality's simple features, scaled so that those of different modalities weigh alike."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import csr_matrix, hstack

from mmfusion.baselines.rows import Raw
from mmfusion.baselines.text import NgramWeights

Matrix: TypeAlias = Any
"""A numpy array `[N, F]`, or a sparse one of SciPy."""


class Scaled:
    """Numbers with mean 0 and deviation 1 in the training rows, or weights of n-grams; zeros where absent.

    The mean squared length of a training row that has the modality is 1, so that one penalty suits any number of
    features. Where training rows lack the modality a further column says which rows have it.
    """

    def __init__(self) -> None:
        self.ngrams: NgramWeights | None = None
        self.mean = self.std = np.zeros(0)
        self.scale = 1.0
        self.indicator = False

    def fit(self, raw: Raw, present: np.ndarray, vocab_size: int = 0) -> None:
        """Learn means and deviations, or the n-grams of texts from a vocabulary of this size, of training rows."""
        self.indicator = not present.all()
        if isinstance(raw, list):
            self.ngrams = NgramWeights(vocab_size)
            self.ngrams.fit([raw[i] for i in np.flatnonzero(present)])
            return
        own = raw[present].astype(np.float64) if present.any() else np.zeros((1, raw.shape[1]))
        self.mean, std = own.mean(0), own.std(0)
        varies = std > 1e-9 * np.abs(own).max(0, initial=0)
        self.std = np.where(varies, std, np.inf)  # a constant column becomes zeros
        self.scale = max(1, int(varies.sum())) ** -0.5

    def transform(self, raw: Raw, present: np.ndarray) -> Matrix:
        """`[N, F]`, sparse for texts."""
        if self.ngrams is not None:
            texts = [raw[i] if here else [] for i, here in enumerate(present.tolist())]
            found: Matrix = self.ngrams.transform(texts)
        else:
            own = (np.asarray(raw, dtype=np.float64) - self.mean) / self.std * self.scale
            # Ten deviations are an outlier's, on which a linear model would otherwise hang.
            found = np.where(present[:, None], np.clip(own, -10 * self.scale, 10 * self.scale), 0.0)
        return joined([found, present[:, None].astype(np.float64)]) if self.indicator else found


def joined(parts: list[Matrix]) -> Matrix:
    """Matrices side by side; sparse if one of them is."""
    if len(parts) == 1:
        return parts[0]
    if any(isinstance(part, csr_matrix) for part in parts):
        return hstack([csr_matrix(part) for part in parts], format="csr")
    return np.concatenate(parts, axis=1)
