"""A run's folder as the run itself uses it: made for it alone, and written by rank 0."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from mmfusion.config.environment import JOB_VARIABLE, SWEEP_VARIABLE
from mmfusion.config.errors import ConfigError
from mmfusion.store import files

RUN_VARIABLE = "MMFUSION_RUN"
"""How rank 0 tells the processes that Lightning starts on this machine where the run's folder is."""


@dataclass(frozen=True)
class RunFolder:
    """One run's files, as `mmfusion.store.files` names them; ranks other than 0 hold one that writes nothing."""

    path: Path
    writes: bool = True

    @classmethod
    def create(cls, wanted: Path | str) -> RunFolder:
        """Make the folder, or `<wanted>-1`, `-2`, … if it is there already; other ranks take rank 0's.

        A sweep has made the folder of its job before, and put a log in it.

        Raises:
            ConfigError: it cannot be made or written to.
        """
        wanted = Path(wanted).expanduser().absolute()
        if not is_main_process():
            return cls(Path(os.environ.get(RUN_VARIABLE, wanted)), writes=False)
        path = wanted
        if JOB_VARIABLE not in os.environ or not (wanted / files.JOB).is_file() or (wanted / files.RESULT).exists():
            try:
                path = _claim(wanted, lambda free: free.mkdir(parents=True))
            except OSError as error:
                raise ConfigError(f"paths.run: cannot make {wanted}: {error.strerror}") from None
        for name in (files.CHECKPOINTS, files.FITTED, files.PLOTS):
            (path / name).mkdir()
        return cls(path)

    @classmethod
    def open(cls, path: Path | str) -> RunFolder:
        """The folder of a run that was made before; a `.../checkpoints/best.ckpt` in it will do as well.

        Raises:
            ConfigError: it is not a run's folder.
        """
        path = Path(path).expanduser().absolute()
        for candidate in (path, *path.parents[:2]):
            if (candidate / files.CONFIG).is_file():
                return cls(candidate, writes=is_main_process())
        what = f"there is no {files.CONFIG} in it" if path.exists() else "it does not exist"
        raise ConfigError(f"{path} is not the folder of a run: {what}")

    @property
    def title(self) -> str:
        """What trackers call the run: the folder's name, behind the sweep's if it is a job of one."""
        sweep = os.environ.get(SWEEP_VARIABLE)
        return f"{sweep}-{self.path.name}" if sweep else self.path.name

    @property
    def checkpoints(self) -> Path:
        return self.path / files.CHECKPOINTS

    @contextmanager
    def announced(self) -> Iterator[None]:
        """For the length of a `with` block, tell processes started from this one where the folder is."""
        before = os.environ.get(RUN_VARIABLE)
        if self.writes:
            os.environ[RUN_VARIABLE] = str(self.path)
        try:
            yield
        finally:
            os.environ.pop(RUN_VARIABLE, None)
            if before is not None:
                os.environ[RUN_VARIABLE] = before

    def write(self, name: str, content: Any) -> None:
        if self.writes:
            files.write(self.path / name, content)

    def write_new(self, stem: str, content: Any) -> Path:
        """`<stem>.json`, or `<stem>-1.json`, `-2`, … if there is one: no file's place is taken; returns which."""
        path = self.path / f"{stem}.json"
        if self.writes:
            path = _claim(self.path / stem, lambda free: free.open("x").close(), ".json")
        self.write(path.name, content)
        return path

    def read(self, name: str, kind: type = dict) -> Any:
        """A JSON or YAML file's content, which the caller may change.

        Raises:
            ConfigError: it is not there, or damaged.
        """
        try:
            content = files.read_document(self.path / name, kind)
        except (ValueError, yaml.YAMLError) as error:
            raise ConfigError(f"{self.path / name} is damaged: {' '.join(str(error).split())}") from None
        if content is None:
            raise ConfigError(f"{self.path} has no {name}: the run ended before it was written")
        return copy.deepcopy(content)


def _claim(path: Path, make: Callable[[Path], None], suffix: str = "") -> Path:
    """Make `<path><suffix>`, or `<path>-1<suffix>`, `-2`, …; of two processes that come at once each has its own."""
    for number in count():
        free = path.with_name(f"{path.name}-{number}{suffix}" if number else f"{path.name}{suffix}")
        with suppress(FileExistsError):
            make(free)
            break
    return free


def is_main_process() -> bool:
    """Whether this is rank 0 of whatever started it: torchrun, SLURM, Lightning's launcher, or nothing of the kind."""
    if "RANK" in os.environ:
        return int(os.environ["RANK"]) == 0
    if "LOCAL_RANK" in os.environ or "NODE_RANK" in os.environ:
        return int(os.environ.get("LOCAL_RANK", 0)) == 0 and int(os.environ.get("NODE_RANK", 0)) == 0
    # An interactive shell under SLURM has a rank too, but no step was started in it.
    return "SLURM_STEP_ID" not in os.environ or int(os.environ.get("SLURM_PROCID", 0)) == 0
