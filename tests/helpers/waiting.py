"""Waiting for what another thread or process does: for a condition, however busy the machine is."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 500.0
"""Seconds after which something is broken and not slow; pytest itself ends a test after 600."""


def until(condition: Callable[[], object], said: Callable[[], object] = lambda: "it did not happen") -> None:
    """Return once the condition holds; `said` is what a failure shows."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, said()
        time.sleep(0.02)


@contextmanager
def ended(*processes: subprocess.Popen) -> Iterator[None]:
    """However the block is left, no process goes on and no pipe stays open: a neighbour would be warned of those."""
    try:
        yield
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.communicate()
