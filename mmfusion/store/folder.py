"""A run's folder as the run itself uses it: made for it alone, and written by rank 0."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mmfusion.config.environment import JOB_VARIABLE, SWEEP_VARIABLE
from mmfusion.config.errors import ConfigError
from mmfusion.store.files import (
    CHECKPOINTS,
    CONFIG,
    FITTED,
    JOB,
    PLOTS,
    RESULT,
    to_json,
    write_atomically,
    write_last,
)

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
        is_job = JOB_VARIABLE in os.environ and (wanted / JOB).is_file()
        prepared = is_job and not (wanted / RESULT).exists()
        while not prepared:
            path = wanted if number == 0 else wanted.with_name(f"{wanted.name}-{number}")
            try:
                path.mkdir(parents=True)
                break
            except FileExistsError:
                number += 1
            except OSError as error:
                raise ConfigError(f"paths.run: cannot make {path}: {error.strerror}") from None
        for name in (CHECKPOINTS, FITTED, PLOTS):
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
            if (candidate / CONFIG).is_file():
                return cls(candidate, writes=is_main_process())
        what = f"there is no {CONFIG} in it" if path.exists() else "it does not exist"
        raise ConfigError(f"{path} is not the folder of a run: {what}")

    @property
    def title(self) -> str:
        """What trackers call the run: the folder's name, behind the sweep's if it is a job of one."""
        sweep = os.environ.get(SWEEP_VARIABLE)
        return f"{sweep}-{self.path.name}" if sweep else self.path.name

    @property
    def checkpoints(self) -> Path:
        return self.path / CHECKPOINTS

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

    def write_json(self, name: str, content: Any) -> None:
        """A JSON file, replaced in one step; what JSON has no number for (nan, inf) becomes null."""
        if self.writes:
            write_atomically(self.path / name, to_json(content))

    def write_new_json(self, name: str, content: Any) -> Path:
        """A JSON file that takes no other's place: `<stem>-1.json`, `-2`, … if there is one; returns which."""
        path, number = self.path / name, 0
        while self.writes:
            try:
                path.open("x").close()  # whoever makes it has the name, also of two that come at once
                break
            except FileExistsError:
                number += 1
                path = (self.path / name).with_stem(f"{Path(name).stem}-{number}")
        self.write_json(path.name, content)
        return path

    def write_yaml(self, name: str, content: Any, header: str = "") -> None:
        """A YAML file, replaced in one step."""
        if self.writes:
            text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)
            write_atomically(self.path / name, (f"# {header}\n" if header else "") + text)

    def write_last(self, name: str, content: Any) -> None:
        """A JSON file of a run that ends because something is wrong, wherever there is a place for it."""
        if self.writes:
            write_last(self.path / name, to_json(content))

    def write_text(self, name: str, text: str) -> None:
        """A text file, replaced in one step."""
        if self.writes:
            write_atomically(self.path / name, text)

    def read_json(self, name: str) -> Any:
        """A JSON file's content.

        Raises:
            ConfigError: it is not there, or not JSON.
        """
        try:
            return json.loads((self.path / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ConfigError(f"{self.path} has no {name}: the run ended before it was written") from None
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{self.path / name} is damaged: {error}") from None

    def read_config(self) -> dict[str, Any]:
        """The run's resolved config.

        Raises:
            ConfigError: the file holds none.
        """
        path = self.path / CONFIG
        try:
            config = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} is damaged: {' '.join(str(error).split())}") from None
        if not isinstance(config, dict):
            raise ConfigError(f"{path} holds no config")
        return config


def is_main_process() -> bool:
    """Whether this is rank 0 of whatever started it: torchrun, SLURM, Lightning's launcher, or nothing of the kind."""
    if "RANK" in os.environ:
        return int(os.environ["RANK"]) == 0
    if "LOCAL_RANK" in os.environ or "NODE_RANK" in os.environ:
        return int(os.environ.get("LOCAL_RANK", 0)) == 0 and int(os.environ.get("NODE_RANK", 0)) == 0
    # An interactive shell under SLURM has a rank too, but no step was started in it.
    return "SLURM_STEP_ID" not in os.environ or int(os.environ.get("SLURM_PROCID", 0)) == 0
