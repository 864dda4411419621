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
from mmfusion.config.compose import Composed, compose, stock_hydra
from mmfusion.config.errors import ConfigError
from mmfusion.config.hydra_options import refuse_options
from mmfusion.store.sweep import job_hash


@dataclass(frozen=True)
class Command:
    """One `mmfusion train -m`.

    Attributes:
        overrides: those for the jobs, as typed, without `hydra.*` and `trusted_modules`.
        config_dirs: folders of one's own configs.
        trusted: modules that `_target_` may name.
        argv: the whole command line, for the record.
        config: the config of the first combination that can be composed.
        folder: where the sweep lies.
        jobs: each job's overrides, where they are listed and not every combination of `overrides`.
        more: what else `sweep.json` is to say.
    """

    overrides: Sequence[str]
    config_dirs: Sequence[str | Path]
    trusted: Sequence[str]
    argv: Sequence[str]
    config: Mapping[str, Any]
    folder: Path
    jobs: Sequence[Sequence[str]] | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    _trainers: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def prefix(self) -> list[str]:
        """What stands before a job's overrides on its command line."""
        folders = [word for path in self.config_dirs for word in ("--config-dir", str(Path(path).absolute()))]
        return [*folders, f"trusted_modules=[{','.join(self.trusted)}]"]

    def record(self) -> dict[str, Any]:
        """What `sweep.json` is to say of it."""
        about = {"command": list(self.argv), "overrides": list(self.overrides), "words": self.prefix}
        return {**about, "cwd": str(Path.cwd()), **self.more}

    def check(self, overrides: Sequence[str]) -> dict[str, Any]:
        """A job's config, composed and checked.

        Raises:
            ConfigError: it is wrong, or its files set more of Hydra than they may: some launchers have them read again.
        """
        with redirect_stderr(io.StringIO()):  # what composing says stands in each job's log
            composed = compose(overrides, self.config_dirs)
        refuse_hydra_options(composed)
        check(composed.config, composed.sources)
        self._trainers[job_hash(overrides)] = composed.config["trainer"]
        return composed.config

    def trainer(self, overrides: Sequence[str]) -> Mapping[str, Any]:
        """The `trainer` section of a job's config; of a wrong config's, the first combination's."""
        key = job_hash(overrides)
        if key not in self._trainers:
            try:
                self.check(overrides)
            except ConfigError:
                self._trainers[key] = self.config["trainer"]
        return self._trainers[key]


def refuse_hydra_options(composed: Composed) -> None:
    """Refuse what the files of a config must not say about Hydra; see `refuse_options`."""
    refuse_options(composed.hydra, stock_hydra())


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
