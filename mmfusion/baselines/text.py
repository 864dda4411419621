"""Texts to numbers: the weights of their words and pairs of words."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

FEW_TOKENS = 300
"""A vocabulary up to this size is one of characters: 1- to 4-grams are taken, of words 1- and 2-grams."""

MOST_FEATURES = 50_000


class NgramWeights:
    """TF-IDF of n-grams, `(1 + log tf)·log((1 + N) / (1 + df)) + 1`, each row of length 1 (Salton and Buckley 1988).

    Args:
        vocab_size: of the tokens.
    """

    def __init__(self, vocab_size: int) -> None:
        self.longest = 4 if vocab_size <= FEW_TOKENS else 2
        self._weights: TfidfVectorizer | None = None

    def fit(self, texts: Sequence[Sequence[int]]) -> None:
        """Learn the n-grams of the training rows; with a thousand rows or more those that occur in two of them."""
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
