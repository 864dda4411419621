"""The contract of a section of the page."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mmfusion.store.run import Run


@dataclass(frozen=True)
class SectionTable:
    """Cells of text; the first column names the row, the others hold numbers."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Section:
    """A heading with sentences below it, one a line, tables, and on the page charts too.

    Attributes:
        figures: of plotly, or mappings with its `data` and `layout`.
    """

    title: str
    lines: Sequence[str] = ()
    tables: Sequence[SectionTable] = ()
    figures: Sequence[Any] = ()


class ReportSection(ABC):
    """A part of the page; its arguments come from the config, `report.sections.<name>`."""

    @abstractmethod
    def section(self, runs: Sequence[Run]) -> Section | None:
        """What is shown of these runs, all of a page or those of one sweep; None where there is nothing to show."""
