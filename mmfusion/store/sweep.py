"""A sweep: which jobs it has, how each of them ended, and who is at work in its folder."""

from __future__ import annotations

import copy
import hashlib
import os
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mmfusion.config.environment import GRACE_S, JOB_VARIABLE, SWEEP_VARIABLE
from mmfusion.config.errors import ConfigError
from mmfusion.config.override import parse_overrides
from mmfusion.store import files
from mmfusion.store.owner import end, identity, is_alive, is_gone, is_here, locked, owner_text

FINAL = ("completed", "failed", "stopped")
BEAT_S = 20.0  # who runs a job touches its `job.json` so often
_STALE_S = 15 * BEAT_S  # a job of another host whose record nobody has touched for so long has no process any more


@dataclass(frozen=True)
class Job:
    """Overrides as after `mmfusion train`, their hash, a number that stays when the sweep runs again, and a folder."""

    overrides: tuple[str, ...]
    hash: str
    number: int
    folder: Path

    def environment(self) -> dict[str, str]:
        return {SWEEP_VARIABLE: self.folder.parent.name, JOB_VARIABLE: self.hash}

    def __str__(self) -> str:
        return f"job {self.number} ({' '.join(self.overrides) or 'no overrides'})"


def job_hash(overrides: Iterable[str]) -> str:
    """16 hexadecimal digits; the order of the overrides and the `+` or `++` before a key do not matter.

    Of two overrides of one key the later counts, so among those the order does matter.
    """
    ordered = sorted(parse_overrides(overrides), key=lambda override: override.sign.strip("+") + override.name)
    return hashlib.sha256("\n".join(override.text.lstrip("+") for override in ordered).encode()).hexdigest()[:16]


class Sweep:
    """`sweep.json`, a folder `<n>` for each job, and `attempts/<n>-<k>` for what failed before it ran again."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path).expanduser().absolute()

    def about(self) -> dict[str, Any]:
        """`sweep.json`, of which there may be none yet.

        Raises:
            ConfigError: it cannot be read.
        """
        path = self.path / files.SWEEP
        try:
            return copy.deepcopy(files.read_document(path) or {})
        except (OSError, ValueError) as error:
            why = f"{path} cannot be read: {error}"
            raise ConfigError(f"{why}; delete it: which jobs there are stands in their own folders too") from None

    def _make(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"hydra.sweep.dir: cannot make {self.path}: {error.strerror}") from None

    def open(self, **about: Any) -> None:
        """Make the folder and write `sweep.json`; what it had under the same keys is replaced.

        Raises:
            ConfigError: the folder cannot be made.
        """
        self._make()
        before = self.about()
        new = {"name": self.path.name, "created": _now(), **before, **about}
        if new != before:
            files.write(self.path / files.SWEEP, new)

    def plan(self, jobs: Sequence[Sequence[str]], for_hydra: Sequence[Sequence[str]] | None = None) -> list[Job]:
        """Number the jobs: one that the folder knows keeps its number, a new one gets the next that is free.

        They come as a person would type them, and as Hydra's launchers are given them, by which `planned` finds them.
        """
        known = self.known()
        taken = {entry["number"] for entry in known.values()}
        if self.path.is_dir():  # what else may lie here keeps its place
            taken |= {int(path.name) for path in self.path.iterdir() if path.name.isdecimal()}
        planned = []
        for overrides, given in zip(jobs, for_hydra or jobs, strict=True):
            key = job_hash(overrides)
            if key not in known:
                number = max(taken, default=-1) + 1
                taken.add(number)
                known[key] = {"number": number, "overrides": list(overrides)}
            known[key] |= {"given": job_hash(given), "sweeper": identity()}
            planned.append(self.job(overrides, known[key]["number"]))
        self.open(jobs=known)
        return planned

    def known(self) -> dict[str, dict[str, Any]]:
        """Hash to number and overrides of all jobs: what `sweep.json` says, or else the jobs' own folders."""
        jobs = {}
        for path in self.path.glob(f"*/{files.JOB}"):
            entry = files.read_mapping(path)
            if "hash" in entry and path.parent.name == str(entry.get("number")):
                jobs[str(entry["hash"])] = {"number": entry["number"], "overrides": entry.get("overrides", [])}
        return {**jobs, **self.about().get("jobs", {})}

    def planned(self, key: str) -> Job:
        """The job of that hash, be it of its overrides or of what Hydra's launchers are given.

        Raises:
            ConfigError: it was never planned here.
        """
        known: dict[str, dict[str, Any]] = self.about().get("jobs", {})
        entry = known.get(key) or next((one for one in known.values() if one.get("given") == key), None)
        if entry is None:
            raise ConfigError(f"{self.path / files.SWEEP} names no job with the hash {key}")
        return self.job(entry["overrides"], entry["number"])

    def job(self, overrides: Sequence[str], number: int) -> Job:
        return Job(tuple(overrides), job_hash(overrides), number, self.path / str(number))

    def result(self, job: Job) -> dict[str, Any]:
        return dict(files.read_mapping(job.folder / files.RESULT))

    def is_done(self, job: Job) -> bool:
        """Whether the job ran to its end; one that failed, was stopped or died is to be run again."""
        return self.result(job).get("status") == "completed"

    def prepare(self, job: Job, **more: Any) -> None:
        """Make the job's folder with `job.json`; what an earlier attempt left there moves to `attempts/`, whole."""
        attempt = self.retire(job)
        job.folder.mkdir(parents=True)
        about = {"hash": job.hash, "overrides": list(job.overrides), "number": job.number, "attempt": attempt}
        self.note(job, **{**about, "host": socket.gethostname(), "started": _now(), "pid": None, "trial": None, **more})

    def retire(self, job: Job) -> int:
        """Move what an attempt left to `attempts/`, where it is not read as a run; returns the next one's number.

        A process that is still at work there, because the sweep that started it was killed a moment ago, is ended.
        """
        kept = self.path / files.ATTEMPTS
        earlier = [path.name.rpartition("-") for path in kept.glob(f"{job.folder.name}-*")]
        attempt = 1 + max((int(k) for name, _, k in earlier if name == job.folder.name and k.isdecimal()), default=0)
        if job.folder.exists():
            end([owner] if (owner := self.owner(job)) else [], GRACE_S)
            kept.mkdir(exist_ok=True)
            job.folder.rename(kept / f"{job.folder.name}-{attempt}")
            attempt += 1
        return attempt

    def elsewhere(self, job: Job) -> str | None:
        """Which process of another host is at work on the job, if one is; a job scheduler's may outlive the sweep."""
        owner = self.owner(job)
        is_over = owner is None or is_here(owner) or self.result(job).get("status") in FINAL
        return None if is_over or is_gone(owner or {}, [job.folder], _STALE_S) else owner_text(owner)

    def is_at_work(self, job: Job) -> bool:
        """Whether a process is: a job whose sweeper was killed takes a moment to end, or runs on under a launcher."""
        owner = self.owner(job)
        return bool(owner and owner["born"] and is_here(owner) and is_alive(owner)) or self.elsewhere(job) is not None

    def beat(self, job: Job) -> None:
        """Show other hosts that the job is being looked after."""
        with suppress(OSError):
            os.utime(job.folder / files.JOB)

    def owns(self, job: Job, pid: int) -> bool:
        owner = self.owner(job) or {}
        return owner.get("pid") == pid and is_here(owner)

    def owner(self, job: Job, key: str | None = None) -> dict[str, Any] | None:
        """Which process is at work on the job, if one has begun; or which one stands under that key of its record."""
        record = files.read_mapping(job.folder / files.JOB)
        recorded = record if key is None else record.get(key) or {}
        owner = {name: recorded.get(name) for name in ("host", "pid", "born")}
        return owner if owner["host"] and owner["pid"] else None

    def note(self, job: Job, **more: Any) -> None:
        path = job.folder / files.JOB
        files.write(path, {**files.read_mapping(path), **more})

    def settle(self, job: Job, error: str, status: str | None = None) -> dict[str, Any]:
        """The job's result after its process has ended.

        If the process did not get to say how it ended, it is made to say that it failed with `error`. With a `status`,
        a run that did not complete has that one and that error, whatever it says itself.
        """
        result = self.result(job)
        if result.get("status") not in FINAL or (status and result["status"] != "completed"):
            seeds = [override.value or "" for override in parse_overrides(job.overrides) if override.key == "seed"]
            seed = int(seeds[-1]) if seeds and seeds[-1].isdecimal() else None
            unread = {"name": "", "seed": seed, "started": _now()}
            result = {**unread, **result, "status": status or "failed", "error": error}
            files.write_last(job.folder / files.RESULT, result)
        return result

    def settle_unstarted(self, job: Job, error: Exception) -> dict[str, Any]:
        return self.settle(job, f"it could not be started: {type(error).__name__}: {error}", "failed")

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the only one at work here, for the length of a `with` block, as `locked` can tell.

        Raises:
            ConfigError: another process is at work, which is named, or the folder cannot be made.
        """
        self._make()
        path = self.path / files.LOCK
        with ExitStack() as stack:
            try:
                stack.enter_context(locked(path, wait=False))
            except BlockingIOError:
                owner = path.read_text(encoding="utf-8").strip() or "another process"
                raise ConfigError(f"{self.path}: {owner} is running this sweep already") from None
            path.write_text(owner_text(identity()), encoding="utf-8")
            yield


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
