"""Experiment trackers that may fail without ending the run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from pytorch_lightning.loggers.logger import Logger

from mmfusion.store.files import CURVES


class FaultTolerantLogger(Logger):
    """Passes everything on to a tracker until that fails once; then it is left alone, and the run goes on.

    It is not tried again: a server that does not answer may take minutes each time. `metrics.csv` has everything.
    """

    name = ""
    version = ""

    def __init__(self, key: str, tracker: Logger) -> None:
        super().__init__()
        self.name = key
        self.tracker = tracker
        self.failed = False

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        self._try(lambda: self.tracker.log_metrics(dict(metrics), step))

    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        self._try(lambda: self.tracker.log_hyperparams(params, *args, **kwargs))

    def save(self) -> None:
        self._try(self.tracker.save)

    def finalize(self, status: str) -> None:
        self._try(lambda: self.tracker.finalize(status))

    def finish(self, exit_code: int) -> None:
        """Close a tracker's run with this exit code; that of one that failed too, or it would stay open."""
        end = getattr(self.tracker, "finish", None)
        if end is not None:
            self._try(lambda: end(exit_code), last=True)

    def _try(self, call: Callable[[], Any], last: bool = False) -> None:
        if self.failed and not last:
            return
        try:
            call()
        except Exception as error:
            if self.failed:  # the message below has been printed
                return
            self.failed = True
            what = f"{type(error).__name__}: {error}".splitlines()[0]
            print(
                f"mmfusion: logger {self.name} failed and gets nothing more; {CURVES} goes on ({what})",
                file=sys.stderr,
            )
