"""A Hugging Face tokenizer that is looked for only when it is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any


class Subwords:
    """Texts to the own ids of the tokenizer of this name or in this folder, its special tokens added.

    Raises:
        ImportError: transformers is not installed; names the extra.
    """

    def __init__(self, name: str, allow_download: bool) -> None:
        try:
            from transformers import AutoTokenizer
        except ImportError:
            raise ImportError(
                f"text: tokenizer {name!r} needs transformers (pip install 'mmfusion[transformers]'); "
                "tokenizer: words does without"
            ) from None
        self.name = name
        self.allow_download = allow_download
        self._from = AutoTokenizer.from_pretrained
        self._tokenizer: Any = None

    def load(self) -> Any:
        """The tokenizer. A run that is loaded again has its own, so nothing is looked for before that is known.

        Raises:
            ValueError: there is none of this name.
        """
        if self._tokenizer is None:
            try:
                here = not self.allow_download
                self._tokenizer = self._from(self.name, local_files_only=here, trust_remote_code=False)
            except (OSError, ValueError) as error:
                hint = " on this machine (allow_download: true fetches it)" if here else ""
                raise ValueError(f"text: there is no tokenizer {self.name!r}{hint}: {error}") from None
        return self._tokenizer

    def __call__(self, texts: list[str], max_length: int) -> list[list[int]]:
        return self.load()(texts, truncation=True, max_length=max_length)["input_ids"]

    @property
    def count(self) -> int:
        """One more than the highest id; some vocabularies have gaps."""
        return max(self.load().get_vocab().values()) + 1

    def save(self, folder: Path) -> None:
        """Write its files, from which `Subwords(str(folder), False)` is the same."""
        self.load().save_pretrained(str(folder))
