"""A job's own process: a fresh interpreter, its output in `log.txt`, ended as a group with all that it started."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from mmfusion.config.environment import PARENT_VARIABLE
from mmfusion.config.quoting import quoted
from mmfusion.store.files import LOG
from mmfusion.store.sweep import Job, Sweep

# What another launcher may have set for itself. A job that took it for its own would wait for ranks that never come.
_OTHERS = re.compile(
    "((LOCAL|NODE|GROUP)_)?RANK|(LOCAL_)?WORLD_SIZE|MASTER_(ADDR|PORT)|SLURM_(NTASKS|STEP_ID|PROCID|LOCALID)|TORCHELASTIC.*"
)
_TAIL = 2000  # characters of a log that an error message quotes


def command_line(words: Sequence[str], job: Job) -> list[str]:
    """`mmfusion train` for that job. `words` stand before its overrides: config folders, trusted modules."""
    return [sys.executable, "-m", "mmfusion", "train", *words, *job.overrides, f"paths.run={quoted(str(job.folder))}"]


class JobProcess:
    """A job at work.

    Starts as it is made; the sweep's folder has been prepared for the job.

    Args:
        job: what to run.
        words: before its overrides on the command line.
        environment: beside this process's own.
        cwd: where the sweep was started, for `./conf` and relative paths; None is this process's own folder.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(
        self, job: Job, words: Sequence[str], environment: Mapping[str, str], cwd: str | Path | None = None
    ) -> None:
        inherited = {k: v for k, v in os.environ.items() if not _OTHERS.fullmatch(k)}
        given = {**inherited, **job.environment(), PARENT_VARIABLE: str(os.getpid()), **environment}
        self.job = job
        self.began = time.monotonic()
        self._ending_since: float | None = None
        self._reason: tuple[str, str] | None = None
        with (job.folder / LOG).open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 (our own command, checked before)
                command_line(words, job),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=given,
                cwd=cwd,
                start_new_session=True,  # Ctrl-C reaches this process alone, which then ends the jobs in order
            )
        self.pid = self._process.pid

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self.began

    def kill(self) -> None:
        """Without asking."""
        self._signal(signal.SIGKILL)

    def ended(self) -> bool:
        """Whether the process is gone; what it started and left behind is then ended too."""
        if self._process.poll() is None:
            return False
        self.kill()
        return True

    def end(self, status: str, reason: str, grace: float) -> None:
        """Ask it to stop, and make it stop if `grace` seconds after the first request it has not.

        Args:
            status: what the run then is, unless it completes before it stops.
            reason: why.
            grace: seconds.
        """
        if self._ending_since is None:
            self._ending_since, self._reason = time.monotonic(), (reason, status)
            self._signal(signal.SIGTERM, group=False)  # the run ends its own ranks and loader workers, in order
        elif time.monotonic() - self._ending_since > grace:
            self.kill()

    def settle(self, sweep: Sweep) -> dict[str, Any]:
        """After the end: the job's result, which says how the process ended if the run could not."""
        code = self._process.wait()
        if self._reason is not None:
            return sweep.settle(self.job, *self._reason)
        return sweep.settle(self.job, explained(code, self.job.folder / LOG))

    def _signal(self, number: int, group: bool = True) -> None:
        # By hand, for psutil knows no process groups.
        with suppress(ProcessLookupError, PermissionError):  # it is gone
            (os.killpg if group else os.kill)(self.pid, number)


def explained(code: int, log: Path) -> str:
    """What an exit code says, with the end of the log."""
    number = -code if code < 0 else code - 128 if 128 < code < 160 else 0
    try:
        name = f" ({signal.Signals(number).name}{', out of memory perhaps' if number == 9 else ''})" if number else ""
    except ValueError:
        name = ""
    text = log.read_text(encoding="utf-8", errors="replace").strip()[-_TAIL:] if log.exists() else ""
    how = f"was killed by signal {number}" if code < 0 else f"ended with exit code {code}"
    end = f"; end of {log.name}:\n{text}" if text else f"; {log.name} is empty"
    return f"the process {how}{name} without saying why{end}"
