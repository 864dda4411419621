"""Words of each split that the training split's vocabulary lacks."""

from __future__ import annotations

from collections.abc import Mapping

from mmfusion.batch import Tokens
from mmfusion.data.batches.modality import cells_of
from mmfusion.data.kinds._base import Kind
from mmfusion.data.kinds.text import UNKNOWN, Text
from mmfusion.data.table.table import Table
from mmfusion.runs.validation.findings import Findings

HIGH = 0.3
"""Share of unknown words outside training from which on a model reads little of a text."""


def unknown_words(table: Table, kinds: Mapping[str, Kind], findings: Findings) -> None:
    """Note the share of unknown words of each (fitted) text and split, and warn where it is high."""
    for name, kind in kinds.items():
        if not isinstance(kind, Text) or not kind.words:
            continue
        shares = {}
        for split in findings.rows:
            cells = cells_of(table.take(table.where(split)), name, kind)
            tokens = kind.decode_all(cells.take(cells.filled().nonzero()[0]))
            if isinstance(tokens, Tokens) and len(tokens.values):
                shares[split] = float((tokens.values == UNKNOWN).float().mean())
        findings.unknown[name] = shares
        high = [f"{share:.0%} in {split}" for split, share in shares.items() if split != "train" and share > HIGH]
        if high:
            size = f"{len(kind.words)} {kind.tokens or 'tokens'}"
            findings.warnings.append(
                f"{name}: many words are not in the vocabulary of the training split's {size}: {', '.join(high)}; "
                f"{_advice(name, kind, shares.get('train', 0.0))}"
            )


def _advice(name: str, kind: Text, training: float) -> str:
    if training > HIGH:
        return f"so are {training:.0%} in training: lower min_count or raise max_words of data.modalities.{name}"
    if kind.tokens == "words":
        return (
            f"data.modalities.{name}.tokens=characters reads them by character, a Hugging Face tokenizer "
            f"(data.modalities.{name}.tokenizer) by parts of words"
        )
    return "are the splits' texts of one language and one source?"
