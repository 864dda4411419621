"""A finished run as an object: its model, its data's transforms, its tasks."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import torch
from torch import nn

from mmfusion.config.errors import ConfigError
from mmfusion.config.instantiate import trusting
from mmfusion.data.module import MultiModalData
from mmfusion.data.table.new_rows import table_from_rows
from mmfusion.data.table.table import Table
from mmfusion.model import MultiTaskModel
from mmfusion.progress import track
from mmfusion.runs.config import read_run_config
from mmfusion.runs.prediction_table import prediction_table
from mmfusion.store.files import BEST, FITTED, FITTED_DATA, FITTED_TASKS, LAST
from mmfusion.store.folder import RunFolder
from mmfusion.store.run import read_run
from mmfusion.tasks._base import Task
from mmfusion.training.build import build_data, build_model
from mmfusion.training.callbacks.checkpoint import load_module_state


@dataclass(frozen=True)
class LoadedRun:
    """What a run left, ready for new rows.

    Attributes:
        config: resolved.
        data: with what was fitted; its training rows are not read.
        tasks: by name, fitted.
        model: in eval mode, on `device`.
    """

    folder: RunFolder
    config: dict[str, Any]
    data: MultiModalData
    tasks: dict[str, Task]
    model: MultiTaskModel
    device: torch.device

    def predict(self, rows: Sequence[Mapping[str, Any]], root: str | Path | None = None) -> pl.DataFrame:
        """Predictions for rows given as dictionaries of column to cell, as `prediction_table` describes.

        A column that a row lacks, or whose cell is None, is an absent modality. Besides paths, cells may be arrays:
        whatever the modality's kind takes.

        Args:
            rows: at least one. As in training, `data.id` names the key of a row's id (null numbers the rows; `id` where
                the data has no such option), and `data.empty` and `data.strip` say which cells are empty.
            root: the folder that media paths are relative to; None is the working directory.

        Raises:
            DataError: a row has none of the model's modalities, or a cell cannot be read.
        """
        return self.predict_table(table_from_rows(rows, self.config["data"], None if root is None else str(root)))

    def predict_table(self, table: Table) -> pl.DataFrame:
        """Predictions for the rows of a table, in its order."""
        loader = self.data.predict_loader(table)
        ids: list[str] = []
        parts: dict[str, list[torch.Tensor]] = {name: [] for name in self.tasks}
        with torch.inference_mode():
            for batch in track(loader, len(loader), "predicting"):
                outputs = self.model(batch.to(self.device))
                ids += batch.ids
                for name in parts:
                    parts[name].append(outputs[name].float().cpu())
        # The tasks' own buffers are on the model's device; what they read is small.
        outputs = {name: torch.cat(rows).to(self.device) for name, rows in parts.items()}
        return prediction_table(self.tasks, ids, outputs)


def load_run(
    path: str | Path,
    checkpoint: str = "best",
    device: str = "cpu",
    trusted_modules: Sequence[str] = (),
) -> LoadedRun:
    """Rebuild a run's model from its folder alone; its training data may be gone.

    Nothing in the folder is executed: the config's `_target_`s pass the same check as those of a command line, and
    checkpoints hold tensors alone.

    Args:
        path: the run's folder.
        checkpoint: `best` (`last` where none was to be kept), `last`, or a checkpoint's path.
        device: where the model goes, as torch names it.
        trusted_modules: modules of your own that the config's `_target_`s may name.

    Raises:
        ConfigError: it is not the folder of a run, or the run ended before it had a checkpoint.
    """
    with trusting(trusted_modules):
        folder, config = read_run_config(path)
        data, tasks = build_data(config)
        restore(folder, data, tasks)
        model = build_model(config, data, tasks, from_checkpoint=True)
    fill(model, find_checkpoint(folder, checkpoint), prefix="model.")
    model.eval().to(device)
    return LoadedRun(folder, config, data, tasks, model, torch.device(device))


def restore(folder: RunFolder, data: MultiModalData, tasks: Mapping[str, Task]) -> None:
    """Give data and tasks what the run had fitted.

    Raises:
        ConfigError: a file is not there, or does not hold what was fitted.
    """
    with _undamaged(folder.path / FITTED_DATA):
        data.load_state(folder.read(FITTED_DATA))
    data.load_files(folder.path / FITTED)
    with _undamaged(folder.path / FITTED_TASKS):
        states = folder.read(FITTED_TASKS)
        for name, task in tasks.items():
            task.load_state(states[name])


def fill(module: nn.Module, path: Path, overrides: Sequence[str] = (), prefix: str = "") -> None:
    """Give a module the weights of a checkpoint whose names begin with `prefix`; `overrides` are for the message.

    Raises:
        ConfigError: the file holds no weights, or those of another model.
    """
    try:
        state = load_module_state(path)
    except (RuntimeError, pickle.UnpicklingError, LookupError, EOFError, TypeError) as error:
        raise ConfigError(f"{path} is damaged: it holds no weights that can be read ({_brief(error)})") from error
    try:
        module.load_state_dict({k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)})
    except RuntimeError as error:
        why = f"with {' '.join(overrides)} the model is another" if overrides else "they are another model's"
        raise ConfigError(f"the weights in {path} do not fit: {why}; {_brief(error, 1)}") from error


@contextmanager
def _undamaged(path: Path) -> Iterator[None]:
    """Name the file where what it holds is not what it should be."""
    try:
        yield
    except (LookupError, TypeError, AttributeError) as error:
        raise ConfigError(f"{path} is damaged: {type(error).__name__} {error}") from error


def _brief(error: Exception, line: int = 0) -> str:
    lines = [text.strip() for text in str(error).splitlines() if text.strip()] or [type(error).__name__]
    return lines[: line + 1][-1].rstrip(".")


def find_checkpoint(folder: RunFolder, which: str) -> Path:
    """`best`, `last` or a path, as a file that exists on this machine: nothing is ever fetched.

    Raises:
        ConfigError: there is no such checkpoint, or it is an address: nothing is ever fetched.
    """
    if "://" in which:
        raise ConfigError(f"checkpoint {which!r} is an address; fetch the file yourself, and give its path")
    if which == "best" and not (folder.checkpoints / BEST).is_file():
        why = read_run(folder.path).without_best
        if why is not None:
            raise ConfigError(f"no checkpoint 'best' in {folder.path}: {why}; take the last one with --checkpoint last")
    named = {"best": (BEST, LAST), "last": (LAST,)}.get(which)
    for candidate in [folder.checkpoints / name for name in named] if named else [Path(which).expanduser()]:
        if candidate.is_file():
            return candidate
    there = sorted(file.name for file in folder.checkpoints.glob("*.ckpt"))
    raise ConfigError(f"no checkpoint {which!r} in {folder.path}; there is {', '.join(there) or 'none'}")
