"""Signs of progress for what takes more than a second: on standard error, and on a terminal alone."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")
PATIENCE = 1.0
"""Seconds before anything appears."""


def track(items: Iterable[T], total: int, label: str) -> Iterator[T]:
    """The items, one by one; a bar once they have taken longer than a second."""
    if not sys.stderr.isatty():
        yield from items
        return
    began, bar, task = time.monotonic(), None, None
    try:
        for done, item in enumerate(items):
            if bar is None and time.monotonic() - began > PATIENCE:
                from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

                _Spinner.pause()
                columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
                bar = _drawn(*columns)
                task = bar.add_task(label, total=total)
            yield item
            if bar is not None and task is not None:
                bar.update(task, completed=done + 1)
    finally:
        if bar is not None:
            bar.stop()
            _Spinner.go_on()


@contextmanager
def busy(label: str) -> Iterator[None]:
    """What is being done, for work that has no steps to count; a bar that is drawn meanwhile takes its place."""
    if not sys.stderr.isatty() or _Spinner.current is not None:
        yield
        return
    _Spinner.current = _Spinner(label)
    try:
        _Spinner.go_on()
        yield
    finally:
        _Spinner.pause()
        _Spinner.current = None


class _Spinner:
    """One line with the time that has passed, drawn by a thread of its own: the work does not come by to draw it."""

    current: _Spinner | None = None

    def __init__(self, label: str) -> None:
        self.label = label
        self.began = time.monotonic()
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._bar: Any = None

    @classmethod
    def go_on(cls) -> None:
        """Appear in a second, unless there is none."""
        if (spinner := cls.current) is not None:
            spinner._timer = threading.Timer(PATIENCE, spinner._show)
            spinner._timer.daemon = True
            spinner._timer.start()

    @classmethod
    def pause(cls) -> None:
        """Disappear until told to go on."""
        if (spinner := cls.current) is not None:
            with spinner._lock:
                timer, bar, spinner._timer, spinner._bar = spinner._timer, spinner._bar, None, None
            if timer is not None:
                timer.cancel()
            if bar is not None:
                bar.stop()

    def _show(self) -> None:
        from rich.progress import SpinnerColumn, TextColumn

        with self._lock:
            if self._timer is threading.current_thread():  # it was not told to pause meanwhile
                self._bar = _drawn(SpinnerColumn(), TextColumn("{task.description} …"))
                self._bar.add_task(self.label, total=None)


def _drawn(*columns: Any) -> Any:
    from rich.console import Console
    from rich.progress import Progress

    # Rich would send what is printed to standard output the bar's way, so that it never reached a file or a pipe.
    bar = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty())
    bar.start()
    return bar
