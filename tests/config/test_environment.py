"""Jobs of a sweep that is gone; with real processes in `tests/sweeps/test_pool.py`."""

import os
import signal
import sys

import pytest

from mmfusion.config import environment
from mmfusion.config.environment import GRACE_S, PARENT_VARIABLE, end_with_parent


class Ended(BaseException):
    """In the place of SIGKILL."""


@pytest.fixture
def done(monkeypatch):
    """What would have been done to this process: signals, and threads that watch."""
    calls = []

    class Thread:
        def __init__(self, target, args, daemon):
            assert daemon, "a watcher must not keep the process"
            self.what = ("watch", *args)

        def start(self):
            calls.append(self.what)

    class Library:
        def prctl(self, option, number):
            calls.append(("on death", number))

    def kill(process, number):
        calls.append(("kill", process, number))
        if number == signal.SIGKILL:
            raise Ended

    monkeypatch.setattr(environment.threading, "Thread", Thread)
    monkeypatch.setattr(environment.ctypes, "CDLL", lambda *_, **__: Library())
    monkeypatch.setattr(environment.os, "kill", kill)
    monkeypatch.setattr(environment.os, "killpg", lambda *args: calls.append(("kill group", *args)))
    monkeypatch.setattr(environment.time, "sleep", lambda seconds: calls.append(("sleep", seconds)))
    return calls


@pytest.mark.parametrize(
    ("parent", "platform", "expected"),
    [
        (None, "linux", []),
        (0, "linux", [("on death", signal.SIGTERM), ("watch", os.getppid())]),
        (0, "darwin", [("watch", os.getppid())]),
        (1, "darwin", [("kill", os.getpid(), signal.SIGTERM), ("watch", os.getppid() + 1)]),  # it has died already
    ],
)
def test_a_job_watches_its_sweep_and_does_not_tell_its_own_processes(done, monkeypatch, parent, platform, expected):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.delenv(PARENT_VARIABLE, raising=False)
    if parent is not None:
        monkeypatch.setenv(PARENT_VARIABLE, str(os.getppid() + parent))
    end_with_parent()
    assert done == expected
    assert PARENT_VARIABLE not in os.environ


@pytest.mark.parametrize("own_group", [True, False])
@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_a_job_that_does_not_heed_it_is_killed_after_its_grace(done, monkeypatch, own_group, platform):
    own = os.getpid()
    parents = iter([7, 7, 1])
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(environment.os, "getppid", lambda: next(parents))
    monkeypatch.setattr(environment.os, "getpgid", lambda _: own if own_group else own + 1)
    with pytest.raises(Ended):
        environment._watch(7)
    looks, rest = done[:2], done[2:]
    assert [what for what, _ in looks] == ["sleep", "sleep"]
    assert rest == [
        *([] if platform == "linux" else [("kill", own, signal.SIGTERM)]),
        ("sleep", GRACE_S),
        *([("kill group", own, signal.SIGKILL)] if own_group else []),
        ("kill", own, signal.SIGKILL),
    ]
