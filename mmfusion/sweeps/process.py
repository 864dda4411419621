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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmfusion.config.environment import GRACE_S, PARENT_VARIABLE
from mmfusion.config.quoting import quoted
from mmfusion.store.files import LOG
from mmfusion.store.owner import identity
from mmfusion.store.sweep import BEAT_S, Job, Sweep

# What another launcher may have set for itself. A job that took it for its own would wait for ranks that never come.
_OTHERS = re.compile(
    "((LOCAL|NODE|GROUP)_)?RANK|(LOCAL_)?WORLD_SIZE|MASTER_(ADDR|PORT)|SLURM_(NTASKS|STEP_ID|PROCID|LOCALID)|TORCHELASTIC.*"
)
_TAIL = 2000  # characters of a log that an error message quotes


def command_line(prefix: Sequence[str], job: Job) -> list[str]:
    """`mmfusion train` for that job. `prefix` stands before its overrides: config folders, trusted modules."""
    return [sys.executable, "-m", "mmfusion", "train", *prefix, *job.overrides, f"paths.run={quoted(str(job.folder))}"]


@dataclass(frozen=True)
class EndedJob:
    """A job that has come to its end, with its `result.json` and how long its process lived."""

    job: Job
    result: Mapping[str, Any]
    seconds: float = 0.0

    @property
    def status(self) -> str:
        return str(self.result["status"])

    @property
    def error(self) -> str | None:
        return self.result.get("error")


class JobProcess:
    """A job at work, from its folder's making to its result.

    Args:
        prefix: see `command_line`.
        environment: beside this process's own.
        cwd: where the sweep was started, for `./conf` and relative paths; None is this process's own folder.
        timeout_s: seconds after which it is ended and has failed, by the `option` of `hydra.launcher`.
        grace_s: seconds between asking it to stop and killing it.
        note: what else its `job.json` is to say.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(
        self,
        sweep: Sweep,
        job: Job,
        prefix: Sequence[str],
        environment: Mapping[str, str],
        cwd: str | None = None,
        timeout_s: float | None = None,
        option: str = "timeout_s",
        grace_s: float = GRACE_S,
        note: Mapping[str, Any] | None = None,
    ) -> None:
        self.sweep, self.job, self.timeout_s, self.grace_s = sweep, job, timeout_s, grace_s
        self._late = f"ended after {timeout_s:g} s (hydra.launcher.{option})" if timeout_s is not None else ""
        self._ending_since: float | None = None
        self._reason: tuple[str, str] | None = None
        self.began = self._beaten = time.monotonic()
        sweep.prepare(job, **(note or {}))
        inherited = {k: v for k, v in os.environ.items() if not _OTHERS.fullmatch(k)}
        with (job.folder / LOG).open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 (our own command, checked before)
                command_line(prefix, job),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**inherited, **job.environment(), PARENT_VARIABLE: str(os.getpid()), **environment},
                cwd=cwd,
                start_new_session=True,  # Ctrl-C reaches this process alone, which then ends the jobs in order
            )
        try:
            sweep.note(job, **identity(self._process.pid))
        except BaseException:  # Ctrl-C too: nobody would find the process again
            self.kill()
            self._process.wait()
            raise

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def look(self) -> EndedJob | None:
        """The job once it has ended; what its process started and left behind is then ended too.

        Until then other hosts are shown that somebody looks after it, and it is ended when it is late.
        """
        if self._process.poll() is not None:
            self.kill()
            return EndedJob(self.job, self._result(), self.seconds)
        if time.monotonic() - self._beaten > BEAT_S:
            self._beaten = time.monotonic()
            self.sweep.beat(self.job)
        if self.timeout_s is not None and self.seconds > self.timeout_s:
            self.end("failed", self._late)
        return None

    def end(self, status: str, reason: str) -> None:
        """Ask it to stop, and kill it after `grace_s` seconds; its run then is `status`, unless it has completed."""
        if self._ending_since is None:
            self._ending_since, self._reason = time.monotonic(), (reason, status)
            self._signal(signal.SIGTERM, group=False)  # the run ends its own ranks and loader workers, in order
        elif time.monotonic() - self._ending_since > self.grace_s:
            self.kill()

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _result(self) -> dict[str, Any]:
        if not self.sweep.owns(self.job, self._process.pid):  # the same command was given again in the meantime
            error = f"process {os.getpid()} was replaced by another that runs the same job"
            return {"status": "stopped", "error": error}
        if self._reason is not None:
            return self.sweep.settle(self.job, *self._reason)
        return self.sweep.settle(self.job, exit_reason(self._process.returncode, self.job.folder / LOG))

    def _signal(self, number: int, group: bool = True) -> None:
        # By hand, for psutil knows no process groups.
        with suppress(ProcessLookupError, PermissionError):  # it is gone
            (os.killpg if group else os.kill)(self._process.pid, number)


def exit_reason(code: int, log: Path) -> str:
    """An exit code in words, with the end of the log."""
    number = -code if code < 0 else code - 128 if 128 < code < 160 else 0
    try:
        name = f" ({signal.Signals(number).name}{', out of memory perhaps' if number == 9 else ''})" if number else ""
    except ValueError:
        name = ""
    text = log.read_text(encoding="utf-8", errors="replace").strip()[-_TAIL:] if log.exists() else ""
    how = f"was killed by signal {number}" if code < 0 else f"ended with exit code {code}"
    end = f"; end of {log.name}:\n{text}" if text else f"; {log.name} is empty"
    return f"the process {how}{name} without saying why{end}"
