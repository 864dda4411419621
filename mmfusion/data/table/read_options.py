"""How a table's file is read, as options say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from mmfusion.data.table.delimited import QUOTE, Cells
from mmfusion.data.table.empty import EMPTY, NotEmpty
from mmfusion.data.table.read import read_columns


@dataclass(frozen=True)
class Settings:
    """The options of `ManifestSource` that say how the file is read; see there."""

    format: str | None = None
    delimiter: str | None = None
    quote: str | None = QUOTE
    header: bool | None = None
    decimal: Literal[".", ","] = "."
    empty: Sequence[str] = EMPTY
    strip: bool = True
    not_empty: NotEmpty | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Settings:
        """Those of a config's `data` node; what it lacks is as usual."""
        return cls(**{name: options[name] for name in OPTIONS if name in options})

    def read(self, path: Path) -> tuple[dict[str, Cells], Sequence[int]]:
        """See `read_columns`."""
        options = (self.format, self.delimiter, self.empty, self.strip, self.quote, self.header, self.not_empty)
        return read_columns(path, *options)


OPTIONS = tuple(field.name for field in fields(Settings))
