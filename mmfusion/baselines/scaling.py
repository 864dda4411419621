"""A modality's simple features, scaled so that those of different modalities weigh alike."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from mmfusion.baselines.simple_features import Raw

Matrix: TypeAlias = Any  # a numpy array `[N, F]`, or a sparse one of SciPy


FEW_TOKENS = 300  # a vocabulary up to this size is one of characters: 1- to 4-grams are taken, of words 1- and 2-grams
MOST_FEATURES = 50_000


class NgramWeights:
    """TF-IDF of n-grams, `(1 + log tf)·log((1 + N) / (1 + df)) + 1`, each row of length 1 (Salton and Buckley 1988)."""

    def __init__(self, texts: Sequence[Sequence[int]], vocab_size: int) -> None:
        """Learn the n-grams of the training rows; with a thousand rows or more those that occur in two of them."""
        self.longest = 4 if vocab_size <= FEW_TOKENS else 2
        self._weights: TfidfVectorizer | None = None
        for rarest in (2, 1) if len(texts) >= 1000 else (1,):
            weights = TfidfVectorizer(
                analyzer=self._ngrams, sublinear_tf=True, min_df=rarest, max_features=MOST_FEATURES
            )
            with suppress(ValueError):  # no n-gram is in two rows, or there is no text at all
                self._weights = weights.fit(texts)
                return

    def transform(self, texts: Sequence[Sequence[int]]) -> csr_matrix:
        """`[N, F]`; a text of unknown tokens alone is a row of zeros."""
        return csr_matrix((len(texts), 0)) if self._weights is None else self._weights.transform(texts).tocsr()

    def _ngrams(self, tokens: Sequence[int]) -> list[tuple[int, ...]]:
        return [
            tuple(tokens[start : start + n]) for n in range(1, self.longest + 1) for start in range(len(tokens) - n + 1)
        ]


class Scaled:
    """Numbers with mean 0 and deviation 1 in the training rows, or weights of n-grams; zeros where absent.

    The mean squared length of a training row that has the modality is 1, so that one penalty suits any number of
    features. Where training rows lack the modality a further column says which rows have it.
    """

    def __init__(self, raw: Raw, present: np.ndarray, vocab_size: int = 0) -> None:
        """Learn means and deviations, or the n-grams of texts from a vocabulary of this size, of training rows."""
        self.indicator = not present.all()
        self.ngrams: NgramWeights | None = None
        if isinstance(raw, list):
            self.ngrams = NgramWeights([raw[i] for i in np.flatnonzero(present)], vocab_size)
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
            scaled: Matrix = self.ngrams.transform(texts)
        else:
            own = (np.asarray(raw, dtype=np.float64) - self.mean) / self.std * self.scale
            # Ten deviations are an outlier's, on which a linear model would otherwise hang.
            scaled = np.where(present[:, None], np.clip(own, -10 * self.scale, 10 * self.scale), 0.0)
        return side_by_side([scaled, present[:, None].astype(np.float64)]) if self.indicator else scaled


def side_by_side(parts: list[Matrix]) -> Matrix:
    """Matrices of the same rows as one; sparse if one of them is."""
    if any(isinstance(part, csr_matrix) for part in parts):
        return hstack(parts, format="csr")
    return np.concatenate(parts, axis=1)
