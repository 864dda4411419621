"""Text: words or characters of a vocabulary built on the training split, or a Hugging Face tokenizer's tokens."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from annotated_types import Ge
from torch import Tensor

from mmfusion.batch import Input, Tokens
from mmfusion.data.decode.paths import Root
from mmfusion.data.decode.text_tokens import How, best_split, split_text
from mmfusion.data.errors import DecodeError
from mmfusion.data.kinds._base import Kind
from mmfusion.data.kinds._subwords import Subwords
from mmfusion.data.table.cells import Cells

PAD, UNKNOWN, FIRST = 0, 1, 2
OLD_WORDS = r"\w+(?:['’]\w+)*"
"""What a word was in runs that do not say how their texts were split."""


class Text(Kind):
    """Token ids `[L]` in memory, `Tokens` of Long `[B, L]` in a batch; 0 is padding and 1 an unknown word.

    A text without any word (`"?!"`) is present and becomes one unknown word. The options from `tokens` to `max_words`
    are not for a Hugging Face tokenizer.

    Args:
        column: the manifest's column; None: the modality's name.
        tokenizer: words (or characters, as `tokens` says), or the name or folder of a Hugging Face tokenizer. Its
            special tokens are added, and its ids moved up by two: to some tokenizers 0 is a word, which would never be
            trained if it stood for padding here. It is saved with the run, which then needs neither the folder nor the
            name.
        tokens: what a text is split into: words (of scripts without blanks between them, such as Chinese and Thai,
            characters), characters, or auto: characters if the training split's texts are strings of signs (molecules,
            proteins), else words.
        lower: fold case.
        pattern: regular expression of a token, instead of `tokens`.
        min_count: rarer words are unknown.
        max_words: the vocabulary keeps the most frequent ones; None keeps all.
        max_length: longer texts are cut at their end.
        allow_download: let a Hugging Face tokenizer be fetched; otherwise it must be on this machine.
    """

    encoder_arguments = ("vocab_size",)
    ragged = True
    keeps_zeros = True

    def __init__(
        self,
        column: str | None = None,
        tokenizer: str = "words",
        tokens: Literal[How, "auto"] = "auto",
        lower: bool = True,
        pattern: str | None = None,
        min_count: Annotated[int, Ge(1)] = 1,
        max_words: Annotated[int, Ge(1)] | None = None,
        max_length: Annotated[int, Ge(1)] = 256,
        allow_download: bool = False,
    ) -> None:
        if pattern is not None and tokens != "auto":
            raise ValueError(f"text: give tokens or a pattern of your own, not both: found {tokens} and {pattern!r}")
        self._pattern = None if pattern is None else _compiled(pattern)
        self._given = tokens
        self._how: How = "words" if tokens == "auto" else tokens
        self.columns = [column] if column else []
        self.lower = lower
        self.min_count = min_count
        self.max_words = max_words
        self.max_length = max_length
        self.words: list[str] = []
        self._ids: dict[str, int] = {}
        self._subwords = None if tokenizer == "words" else Subwords(tokenizer, allow_download)

    def fit(self, cells: Sequence[Any], root: Root) -> None:
        if self._subwords is not None:
            self._subwords.load()
            return
        texts = [_string(cell) for cell in cells]
        if self._given == "auto":
            self._how = best_split(texts)
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(self._split(text))
        # Ties in the alphabet's order: the vocabulary must not depend on the rows' order.
        kept = sorted((word for word, n in counts.items() if n >= self.min_count), key=lambda w: (-counts[w], w))
        self._keep(kept[: self.max_words])

    def decode(self, cell: Any, root: Root) -> Tensor:
        (ids,) = self._ids_of([_string(cell)])
        return torch.tensor(ids, dtype=torch.int32)

    def decode_all(self, cells: Cells) -> Tokens | None:
        try:
            texts = [_string(cell) for cell in cells]
        except DecodeError:
            return None  # one by one, to find the row
        flat, lengths = array("i"), array("q")
        for ids in self._ids_of(texts):
            flat.extend(ids)
            lengths.append(len(ids))
        return Tokens(torch.tensor(flat, dtype=torch.int32), torch.tensor(lengths, dtype=torch.int64))

    def finish(self, stored: Input) -> Tokens:
        assert isinstance(stored, Tokens)
        return Tokens(stored.values.long(), stored.lengths)

    def blank(self) -> Tensor:
        return torch.zeros(0, dtype=torch.int32)

    def unseen(self, cells: Cells) -> str:
        if self._subwords is not None:
            return ""
        texts = [cell for cell in cells if isinstance(cell, str)]
        splits = [self._split(text) for text in texts]
        words = sum(map(len, splits))
        new = sum(word not in self._ids for split in splits for word in split)
        return f"{new} of {words} words" if new else ""

    @property
    def tokens(self) -> How | None:
        """What texts are split into, once fitted; None by a pattern of one's own."""
        return self._how if self._pattern is None else None

    @property
    def vocab_size(self) -> int:
        """Ids, padding and unknown among them."""
        return FIRST + (self._subwords.count if self._subwords is not None else len(self.words))

    def state(self) -> dict[str, Any]:
        return {"words": self.words} | ({} if self.tokens is None else {"tokens": self.tokens})

    def load_state(self, state: Mapping[str, Any]) -> None:
        self._keep(list(state["words"]))
        if "tokens" in state:
            self._how = state["tokens"]
        elif self._pattern is None:
            self._pattern = _compiled(OLD_WORDS)

    def save_files(self, folder: Path) -> None:
        if self._subwords is not None:
            self._subwords.save(folder)

    def load_files(self, folder: Path) -> None:
        if self._subwords is not None and folder.is_dir():
            self._subwords = Subwords(str(folder), allow_download=False)

    def _keep(self, words: list[str]) -> None:
        self.words = words
        self._ids = {word: i + FIRST for i, word in enumerate(words)}

    def _ids_of(self, texts: list[str]) -> Iterator[list[int]]:
        if self._subwords is not None:
            yield from ([i + FIRST for i in ids] or [UNKNOWN] for ids in self._subwords(texts, self.max_length))
            return
        number = self._ids.get
        for text in texts:
            yield [number(word, UNKNOWN) for word in self._split(text)[: self.max_length]] or [UNKNOWN]

    def _split(self, text: str) -> list[str]:
        text = text.lower() if self.lower else text
        return split_text(text, self._how) if self._pattern is None else self._pattern.findall(text)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"text: pattern {pattern!r} is no regular expression: {error}") from None
    if compiled.groups:
        raise ValueError(f"text: pattern {pattern!r} has groups; write them as (?:…)")
    return compiled


def _string(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int | float):
        return str(cell)
    raise DecodeError(f"expected a text, found {type(cell).__name__}")
