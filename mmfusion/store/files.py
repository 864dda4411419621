"""The names of all files in the folders of runs and sweeps, and reading and writing them whole."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

# A run's resolved config, what was typed for it, what it came to, and where that comes from.
CONFIG, OVERRIDES, RESULT, PROVENANCE = "config.yaml", "overrides.yaml", "result.json", "provenance.json"
# What a run logged step by step, what a sweep's job printed, and where a run that did not complete broke off.
CURVES, LOG, TRACEBACK = "metrics.csv", "log.txt", "traceback.txt"
# Folders in a run's folder, and the checkpoints; the third is there only while `trainer.refit` begins.
CHECKPOINTS, FITTED, PLOTS = "checkpoints", "fitted", "plots"
BEST, LAST, REFIT = "best.ckpt", "last.ckpt", "refit.ckpt"
# What the transforms and the tasks were fitted to.
FITTED_DATA, FITTED_TASKS = f"{FITTED}/data.json", f"{FITTED}/tasks.json"
# Of the test split: ids, predictions, probabilities and labels; and outputs and targets of tasks whose outputs the
# first does not hold: those of one's own, many classes.
PREDICTIONS, OUTPUTS = "predictions.parquet", "outputs.safetensors"
# What simple models reach on the same rows.
BASELINES, BASELINE_PREDICTIONS = "baselines.json", "baselines.parquet"
# A sweep's record, the record in each job's folder, and the folder of what failed before it ran again.
SWEEP, JOB, ATTEMPTS = "sweep.json", "job.json", "attempts"
# A search's study, the overrides of its best trial, and the folder of those of the Pareto set.
JOURNAL, BEST_TRIAL, PARETO = "study.journal", "best.yaml", "pareto"
# What a study writes into its sweep's folder.
CONCLUSION = "conclusion.md"
# Held by the process that runs a grid, and by a sweeper of a search while it asks for a trial.
LOCK, STUDY_LOCK = ".lock", ".study.lock"


@contextmanager
def staged(path: Path) -> Iterator[Path]:
    """A place beside `path` to write to in a `with` block; at its end it is moved there, on the disk.

    So a reader sees the old file or the new one, and a failure leaves the old one. An OSError names the file, which the
    system's own for a full disk does not.
    """
    place = path.with_name(f".{path.name}.{os.getpid()}.writing")
    try:
        yield place
        with place.open("rb") as file:
            os.fsync(file.fileno())
        place.replace(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
    finally:
        place.unlink(missing_ok=True)


def write(path: Path, content: Any) -> None:
    """Replace a file in one step, as `staged` does; `to_text` says how it is written."""
    with staged(path) as place:
        place.write_text(to_text(path.name, content), encoding="utf-8")


def write_last(path: Path, content: Any) -> None:
    """The same, on a full disk over the file that is there; raises nothing: what went wrong before matters more."""
    with suppress(OSError):
        try:
            write(path, content)
        except OSError:
            with path.open("r+b") as file:  # its block is taken already
                file.write(to_text(path.name, content).encode())
                file.truncate()


def to_text(name: str, content: Any) -> str:
    """Text as it is; else JSON or YAML, as the file's name says; what JSON has no number for (nan, inf) is null."""
    if isinstance(content, str):
        return content
    if name.endswith(".json"):
        return json.dumps(_plain(content), indent=2, ensure_ascii=False) + "\n"
    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120))


def _plain(content: Any) -> Any:
    if isinstance(content, Mapping):
        return {str(key): _plain(value) for key, value in content.items()}
    if isinstance(content, str | bool | int) or content is None:
        return content
    if isinstance(content, Sequence | set | frozenset):
        return [_plain(value) for value in content]
    if isinstance(content, Path):
        return str(content)
    number = float(content)  # numpy's and torch's scalars too
    return number if math.isfinite(number) else None


def read_document(path: Path, kind: type = dict) -> Any:
    """The content of a JSON or YAML file; None if there is no such file, or nothing in it.

    It is parsed again only when the file has changed, and shared between readers: look, do not change. One that cannot
    be read, or is no `kind`, raises OSError, ValueError or yaml.YAMLError.
    """
    state = file_state(path)
    content = None if state is None else _parsed(path, *state)
    if content is not None and not isinstance(content, kind):
        raise ValueError(f"expected a {'mapping' if kind is dict else 'list'}, found {type(content).__name__}")
    return content


def read_mapping(path: Path) -> dict[str, Any]:
    """The mapping in a JSON or YAML file, as `read_document`; empty where there is none that can be read."""
    try:
        return read_document(path) or {}
    except (OSError, ValueError, yaml.YAMLError):
        return {}


def file_state(path: Path) -> tuple[int, int, int] | None:
    """Time, size and inode, of which one changes when the file does; None if there is no such file."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


@lru_cache(maxsize=20_000)
def _parsed(path: Path, *_: int) -> Any:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return json.loads(text)
    # libyaml where it is built in: ten times faster, and a sweep has hundreds of these.
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # both are safe
