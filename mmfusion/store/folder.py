"""A run's folder as the run itself uses it: made for it alone, and written by rank 0."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
    """One run's files, as `mmfusion.store.files` names them; ranks other than 0 hold one that writes nothing.

    Attributes:
        path: the folder.
        writes: False on ranks other than 0.
    """

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
        number, path = 0, wanted
        is_job = JOB_VARIABLE in os.environ and (wanted / files.JOB).is_file()
        prepared = is_job and not (wanted / files.RESULT).exists()
        while not prepared:
            path = wanted if number == 0 else wanted.with_name(f"{wanted.name}-{number}")
            try:
                path.mkdir(parents=True)
                break
            except FileExistsError:
                number += 1
            except OSError as error:
                raise ConfigError(f"paths.run: cannot make {path}: {error.strerror}") from None
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
            if self.writes:
                os.environ.pop(RUN_VARIABLE, None)
                if before is not None:
                    os.environ[RUN_VARIABLE] = before

    def write(self, name: str, content: Any, header: str = "") -> None:
        """A JSON, YAML or text file, replaced in one step."""
        if self.writes:
            files.write(self.path / name, content, header)

    def write_new(self, name: str, content: Any) -> Path:
        """A file that takes no other's place: `<stem>-1.json`, `-2`, … if there is one; returns which."""
        path, number = self.path / name, 0
        while self.writes:
            try:
                path.open("x").close()  # whoever makes it has the name, also of two that come at once
                break
            except FileExistsError:
                number += 1
                path = (self.path / name).with_stem(f"{Path(name).stem}-{number}")
        self.write(path.name, content)
        return path

    def write_last(self, name: str, content: Any) -> None:
        """A file of a run that ends because something is wrong, wherever there is a place for it."""
        if self.writes:
            files.write_last(self.path / name, content)

    def read(self, name: str, kind: type = dict) -> Any:
        """A JSON or YAML file's content, which the caller may change.

        Raises:
            ConfigError: it is not there, or damaged.
        """
        try:
            content = files.read(self.path / name, kind)
        except (ValueError, yaml.YAMLError) as error:
            raise ConfigError(f"{self.path / name} is damaged: {' '.join(str(error).split())}") from None
        if content is None:
            raise ConfigError(f"{self.path} has no {name}: the run ended before it was written")
        return copy.deepcopy(content)


def is_main_process() -> bool:
    """Whether this is rank 0 of whatever started it: torchrun, SLURM, Lightning's launcher, or nothing of the kind."""
    if "RANK" in os.environ:
        return int(os.environ["RANK"]) == 0
    if "LOCAL_RANK" in os.environ or "NODE_RANK" in os.environ:
        return int(os.environ.get("LOCAL_RANK", 0)) == 0 and int(os.environ.get("NODE_RANK", 0)) == 0
    # An interactive shell under SLURM has a rank too, but no step was started in it.
    return "SLURM_STEP_ID" not in os.environ or int(os.environ.get("SLURM_PROCID", 0)) == 0
