"""The contract of a source of rows."""

from __future__ import annotations

from abc import ABC, abstractmethod

from mmfusion.data.table.table import Table


class Source(ABC):
    """Where rows come from. Its constructor takes its own YAML keys alone (not `modalities`, not `loader`).

    Attributes:
        validates: whether there are to be validation rows; a table without any is refused then.
    """

    validates: bool = True

    @abstractmethod
    def read(self) -> Table:
        """All rows of all splits; media stay paths, or are arrays where the source makes them itself.

        Raises:
            DataError: the rows cannot be used; names file, row, column and value.
        """

    def ceiling(self, modalities: frozenset[str]) -> dict[str, dict[str, float]]:
        """The best that can be expected on the test split of someone who sees these modalities alone.

        Task to metric (named as in the task's `metrics()`) to value; empty where it is not known.
        """
        return {}
