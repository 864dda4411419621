"""`metrics.csv`: one row a step, one column a metric, on disk as soon as it is logged."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers.logger import Logger
from pytorch_lightning.utilities.rank_zero import rank_zero_only

from mmfusion.store.files import CURVES, staged

_KEYS = ["step", "epoch"]  # the first columns


class CSVLogger(Logger):
    """Appends to a wide table whose first columns are `step` and `epoch`; an empty cell was not logged.

    What is logged at the same step shares a row. A row costs the same however long the file is; when a metric appears
    for the first time the file is rewritten once with the new column, so nothing that was written before is lost. An
    existing file is continued. Metrics of the test are in `result.json` alone: they are many and there is one row.
    """

    name = "csv"
    version = ""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self.path = Path(folder) / CURVES
        self._columns: list[str] | None = None
        self._row: dict[str, Any] = {}
        self._start = 0

    @rank_zero_only
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """The run's folder holds `config.yaml`."""

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        row = {name: value for name, value in metrics.items() if not name.startswith("test")}
        if not row.keys() - _KEYS:
            return
        row["step"] = step
        if self._columns is None:
            self._columns = self._open()
        if step is not None and self._row.get("step") == step:
            row = {**self._row, **row}
        else:
            self._start = self.path.stat().st_size
        added = [name for name in row if name not in self._columns]
        if added:
            self._widen(added)
        self._row = row
        with self.path.open("r+b") as file:
            file.seek(self._start)
            file.write(_line([_cell(row.get(name)) for name in self._columns]))
            file.truncate()

    def _open(self) -> list[str]:
        """The columns of the file, which is started if there is none; a half-written last line is cut off."""
        if not self.path.exists() or self.path.stat().st_size == 0:
            self.path.write_bytes(_line(_KEYS))
            return list(_KEYS)
        content = self.path.read_bytes()
        if not content.endswith(b"\n"):
            with self.path.open("r+b") as file:
                file.truncate(content.rfind(b"\n") + 1)
        with self.path.open(newline="", encoding="utf-8") as file:
            return next(csv.reader(file))

    def _widen(self, added: list[str]) -> None:
        """Give all rows before the current one empty cells for new columns."""
        assert self._columns is not None
        self._columns += added
        tail = b"," * len(added) + b"\n"
        with self.path.open("rb") as old, staged(self.path) as place, place.open("wb") as new:
            old.readline()
            new.write(_line(self._columns))
            read = old.tell()
            for line in old:
                if read >= self._start:
                    break
                read += len(line)
                new.write(line.rstrip(b"\n") + tail)
            self._start = new.tell()


def _cell(value: Any) -> str:
    return "" if value is None else repr(float(value)) if isinstance(value, float) else str(value)


def _line(cells: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()
