"""Signs of progress on standard error, for what takes time: bars on a terminal, elsewhere a line now and then."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")
PATIENCE = 1.0  # seconds before anything appears
EVERY = 30.0  # seconds from one line to the next where there is no terminal


class Lines:
    """Lines on standard error, at most one every 30 seconds by the `clock`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.began = self._last = clock()

    def write(self, text: Callable[[], str]) -> None:
        """Write `text()` if it is time for a line; else it is not computed."""
        now = self._clock()
        if now - self._last >= EVERY:
            self._last = now
            print(text(), file=sys.stderr, flush=True)

    def left(self, share: float) -> str:
        """`, 4 min left` if `share` of all that is to be done took the time since the beginning; "" if nothing did."""
        return f", {_spoken((self._clock() - self.began) * (1 / share - 1))} left" if share > 0 else ""


def _spoken(seconds: float) -> str:
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def track(items: Iterable[T], total: int, label: str, clock: Callable[[], float] = time.monotonic) -> Iterator[T]:
    """The items, one by one; a bar once they have taken longer than a second, and without a terminal lines.

    `rich.progress.track` draws at once, also what is over in a second, and without a terminal only once it is over.
    """
    is_terminal, lines, bar = sys.stderr.isatty(), Lines(clock), None
    try:
        for done, item in enumerate(items, start=1):
            if is_terminal and bar is None and clock() - lines.began > PATIENCE:
                from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

                _Spinner.pause()
                columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
                bar = start_bar(*columns)
                bar.add_task(label, total=total)
            yield item
            if bar is not None:
                bar.update(bar.task_ids[0], completed=done)
            elif not is_terminal:
                lines.write(partial(_counted, lines, label, done, total))
    finally:
        if bar is not None:
            bar.stop()
            _Spinner.go_on()


def _counted(lines: Lines, label: str, done: int, total: int) -> str:
    return f"{label}: {done} of {total}{lines.left(done / max(total, done))}"


@contextmanager
def busy(label: str) -> Iterator[None]:
    """A spinner beside `label`, for work without steps to count; a bar that is drawn meanwhile takes its place."""
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
    """A label with a spinner, drawn by a thread of its own because the work does not draw it."""

    current: _Spinner | None = None

    def __init__(self, label: str) -> None:
        self.label = label
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
        """Disappear until `go_on`."""
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
            if self._timer is threading.current_thread():  # `pause` has not been called meanwhile
                self._bar = start_bar(SpinnerColumn(), TextColumn("{task.description} …"))
                self._bar.add_task(self.label, total=None)


def start_bar(*columns: Any) -> Any:
    """A bar of these columns on standard error, as `rich.progress.Progress`, which goes away when it is stopped."""
    from rich.console import Console
    from rich.progress import Progress

    # By itself Rich sends what is printed to standard output to the bar's console, never to a file or a pipe.
    bar = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty())
    bar.start()
    return bar
