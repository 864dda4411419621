"""What the person typed, where Hydra's sweeper finds it: Hydra builds the sweeper itself and passes on little."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmfusion.config.check import check
from mmfusion.config.compose import compose_unchecked, stock_hydra
from mmfusion.config.errors import ConfigError
from mmfusion.config.hydra_options import refuse_options
from mmfusion.store.sweep import job_hash


@dataclass(frozen=True)
class Listed:
    """Overrides job by job, in place of all combinations, and what `sweep.json` is to say `about` them."""

    jobs: Sequence[Sequence[str]]
    about: Mapping[str, Any]
    checked: Mapping[str, dict[str, Any]]  # configs that have been composed already, by the hash of their overrides


@dataclass(frozen=True)
class Command:
    """One `mmfusion train -m`.

    Attributes:
        overrides: those for the jobs, as typed, without `hydra.*` and `trusted_modules`.
        config: the config of the first combination that can be composed.
        folder: the sweep's.
        listed: the jobs, where they are not every combination of `overrides`.
    """

    overrides: Sequence[str]
    config_dirs: Sequence[str | Path]
    trusted: Sequence[str]
    argv: Sequence[str]
    config: Mapping[str, Any]
    folder: Path
    listed: Listed | None = None
    _trainers: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def prefix(self) -> list[str]:
        """What stands before a job's overrides on its command line."""
        folders = [word for path in self.config_dirs for word in ("--config-dir", str(Path(path).absolute()))]
        return [*folders, f"trusted_modules=[{','.join(self.trusted)}]"]

    def record(self) -> dict[str, Any]:
        """What `sweep.json` is to say of it."""
        about = {"command": list(self.argv), "overrides": list(self.overrides), "words": self.prefix}
        return {**about, "cwd": str(Path.cwd()), **(self.listed.about if self.listed else {})}

    def check(self, overrides: Sequence[str]) -> dict[str, Any]:
        """A job's config, as `check_job` gives it.

        Raises:
            ConfigError: it is wrong, or its files set more of Hydra than they may: some launchers have them read again.
        """
        key = job_hash(overrides)
        checked = self.listed.checked if self.listed else {}
        config = checked[key] if key in checked else check_job(overrides, self.config_dirs)
        self._trainers[key] = config["trainer"]
        return config

    def trainer(self, overrides: Sequence[str]) -> Mapping[str, Any]:
        """The `trainer` section of a job's config; of a wrong config's, the first combination's."""
        key = job_hash(overrides)
        if key not in self._trainers:
            try:
                self.check(overrides)
            except ConfigError:
                self._trainers[key] = self.config["trainer"]
        return self._trainers[key]


def check_job(overrides: Sequence[str], config_dirs: Sequence[str | Path]) -> dict[str, Any]:
    """A job's config, checked, also for what its files set of Hydra: some launchers have them read again."""
    with redirect_stderr(io.StringIO()):  # what composing says stands in each job's log
        composed = compose_unchecked(overrides, config_dirs)
    refuse_options(composed.hydra, stock_hydra())
    check(composed.config, composed.sources)
    return composed.config


_CURRENT: ContextVar[Command | None] = ContextVar("command", default=None)


def current() -> Command:
    """The command that is being run.

    Raises:
        ConfigError: mmfusion's sweepers were called by something else than `mmfusion train -m`.
    """
    command = _CURRENT.get()
    if command is None:
        raise ConfigError("mmfusion's sweepers and launchers work under `mmfusion train -m` alone")
    return command


@contextmanager
def running(command: Command) -> Iterator[None]:
    """Make it the current one for the length of a `with` block."""
    token = _CURRENT.set(command)
    try:
        yield
    finally:
        _CURRENT.reset(token)
