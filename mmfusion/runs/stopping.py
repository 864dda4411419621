"""Ending a run on Ctrl-C or SIGTERM in the middle of anything, with the folder left in order."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from pytorch_lightning import Callback, LightningModule, Trainer


class Stopped(SystemExit):
    """A signal asked the process to end; its exit code is 128 + the signal's number, as shells expect."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.number = number

    def __str__(self) -> str:
        return f"stopped by {signal.Signals(self.number).name}"


class StopOnSignals(Callback):
    """Turns SIGINT and SIGTERM into `Stopped`, raised where the main thread stands.

    A second signal, or one that comes after `disarm`, changes nothing: it must not disturb the clean-up. `number` is
    that of the signal that came: whatever exception arrives in the end, it tells why.

    Lightning puts a SIGTERM handler of its own in front, which takes part in a collective operation from inside the
    handler and so can hang under DDP; as a callback this takes its place back at the start of each stage.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._armed = True
        self._owner = os.getpid()

    def disarm(self) -> None:
        """The run is over, and how it ended is being written down."""
        self._armed = False

    @contextmanager
    def active(self) -> Iterator[None]:
        """Handle the signals for the length of a `with` block; in another thread than the main one, do nothing."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        self._take()
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def on_sanity_check_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._take()

    on_train_start = on_test_start = on_sanity_check_start

    def _take(self) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._handle)
            signal.signal(signal.SIGTERM, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._owner:
            # A forked loader worker: it should end as if nothing had been installed.
            if number == signal.SIGINT:
                signal.default_int_handler(number, frame)
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        if self._armed and self.number is None:
            self.number = number
            raise Stopped(number)
