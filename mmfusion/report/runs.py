"""Runs as their folders tell them, whatever state the folders are in."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from mmfusion.config.errors import ConfigError, nearest
from mmfusion.runs.process import is_alive, is_here
from mmfusion.runs.result import FILE as RESULT
from mmfusion.runs.result import PREDICTIONS as PREDICTIONS

if TYPE_CHECKING:
    import polars as pl

CONFIG, OVERRIDES, JOB, SWEEP, CURVES = "config.yaml", "overrides.yaml", "job.json", "sweep.json", "metrics.csv"
PROVENANCE = "provenance.json"
ATTEMPTS = "attempts"
"""The folder of a sweep that keeps earlier attempts of its jobs."""

STATUSES = ("completed", "failed", "stopped", "pruned", "running", "missing")


@dataclass(frozen=True)
class Run:
    """One run. Its dictionaries are shared between readers: look, do not change.

    Attributes:
        path: the run's folder, absolute.
        id: where it lies, short and without a double among the runs found together: `fusion-sweep/3`.
        name: the config's.
        status: completed, failed, stopped, pruned, running, or missing (there is no readable `result.json`).
        error: why it did not complete; several lines sometimes.
        seed: the config's; None if it cannot be told.
        config: resolved; empty if it cannot be read.
        overrides: what was typed for this run.
        metrics: of the test split, by name; one that is not a number is left out.
        ceilings: the best that can be expected for some of them.
        baselines: what simple models reach on the same rows, as `result.json` tells it; empty if it was not asked.
        rows: split to how many rows it has and which were scored, as `mmfusion.runs.scored` tells it.
        table: hash of the table's ids and cells; None if it is not recorded.
        validation: `val/…` at the tested checkpoint.
        cost: parameters, memory, rows a second, ….
        monitor: what chose the checkpoint: `metric` (terms), `mode`, `best`, `epoch`, `step`.
        seconds: how long it took, or has taken so far.
        job: `job.json` of a sweep's job.
        sweep: the sweep's folder, if it belongs to one.
    """

    path: Path
    id: str
    name: str
    status: str
    error: str | None = None
    seed: int | None = None
    config: dict[str, Any] = field(default_factory=dict)
    overrides: list[str] = field(default_factory=list)
    metrics: dict[str, float] = field(default_factory=dict)
    ceilings: dict[str, float] = field(default_factory=dict)
    baselines: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)
    table: str | None = None
    validation: dict[str, float] = field(default_factory=dict)
    cost: dict[str, Any] = field(default_factory=dict)
    monitor: dict[str, Any] = field(default_factory=dict)
    seconds: float | None = None
    job: dict[str, Any] | None = None
    sweep: Path | None = None

    @property
    def fold(self) -> int | None:
        """Which fold of cross-validation was held out; None if the rows are not in folds."""
        split = _mapping(_mapping(self.config.get("data")).get("split"))
        fold = split.get("fold", 0) if split.get("folds") is not None else None
        return fold if isinstance(fold, int) else None

    def curves(self) -> pl.DataFrame:
        """`metrics.csv`: a row a logged step, null where nothing was logged; no rows if there is no such file."""
        from mmfusion.report.curves import read_curves

        return read_curves(self.path / CURVES)


def find_runs(folders: Sequence[Path | str]) -> list[Run]:
    """Every run in or below the folders, in the order of their ids, with `2` before `10`.

    A folder with a `config.yaml` or a `job.json` is a run; nothing below it is another. Earlier attempts of a sweep's
    jobs are left out. A damaged file makes a run that says so, and never hides the others.

    Raises:
        ConfigError: a folder does not exist.
    """
    given = [_existing(Path(folder)) for folder in folders]
    found = dict.fromkeys(path for folder in given for path in _below(folder))
    base = _base(given)
    runs = [_read(path, path.relative_to(base).as_posix()) for path in found]
    return sorted(runs, key=lambda run: natural(run.id))


def natural(text: str) -> list[tuple[int, int, str]]:
    """A key that sorts `a/2` before `a/10`."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in text.split("/")]


def _existing(folder: Path) -> Path:
    folder = folder.expanduser().absolute()
    if folder.is_dir():
        return folder
    beside = [each.name for each in folder.parent.iterdir() if each.is_dir()] if folder.parent.is_dir() else []
    close = nearest(folder.name, beside)
    hint = f"; did you mean {folder.with_name(close)}?" if close else ""
    raise ConfigError(f"{folder} is not a folder{hint}")


def _base(given: Sequence[Path]) -> Path:
    """What ids are relative to: above a run or a sweep, so that its own name is part of the id."""
    if not given:
        return Path.cwd()
    base = Path(os.path.commonpath(given))
    return base.parent if _is_run(base) or (base / SWEEP).is_file() else base


def _is_run(folder: Path) -> bool:
    return (folder / CONFIG).is_file() or (folder / JOB).is_file()


def _below(folder: Path) -> Iterator[Path]:
    if _is_run(folder):
        yield folder
        return
    try:
        inside = [Path(entry.path) for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return  # not ours to read
    for each in sorted(inside):
        if each.name != ATTEMPTS and not each.name.startswith("."):
            yield from _below(each)


def _read(path: Path, name: str) -> Run:
    """A run from its folder; what is wrong with a file is the run's error."""
    faults: list[str] = []

    def content(file: str, kind: type) -> Any:
        try:
            found = parsed(path / file)
            if found is not None and not isinstance(found, kind):
                raise ValueError(f"expected a {'mapping' if kind is dict else 'list'}, found {type(found).__name__}")
        except (OSError, ValueError, yaml.YAMLError) as error:
            faults.append(f"{path / file} cannot be read: {' '.join(str(error).split())}")
            return None
        return found

    config = content(CONFIG, dict) or {}
    job = content(JOB, dict)
    typed = content(OVERRIDES, list) or (job or {}).get("overrides") or []
    result = content(RESULT, dict)
    damaged = bool(faults)
    status = str((result or {}).get("status"))
    error = (result or {}).get("error")
    process = _process(path, job, result)
    alive = _process_is_there(process)
    if result is None and alive and not damaged:
        status = "running"  # it starts: importing takes longer than a look at it
    elif result is None:
        status = "missing"
        error = f"no {RESULT}: the run has not begun, or ended before it could say anything"
    elif status == "stopped" and result.get("pruned"):
        status = "pruned"
    elif status not in STATUSES:
        faults.append(f"{path / RESULT}: status is {status!r}, expected one of {', '.join(STATUSES)}")
        status = "failed"
    elif status == "running" and alive is False:
        status, error = "stopped", f"its process ({process['pid']} on this machine) ended without a last word"
    if status == "completed" and not config:
        faults.append(f"{path} has no {CONFIG} that says something")
    if status == "completed" and faults:
        status = "failed"  # it cannot be put beside others
    if faults:
        error = "; ".join(faults)
    result = result or {}
    seed = config.get("seed") if result.get("seed") is None else result["seed"]
    return Run(
        path=path,
        id=name,
        name=str(result.get("name") or config.get("name") or path.name),
        status=status,
        error=None if error is None else str(error),
        seed=seed if isinstance(seed, int) else None,
        config=config,
        overrides=[str(each) for each in typed] if isinstance(typed, list) else [],
        metrics=_numbers(result.get("metrics")),
        ceilings=_numbers(result.get("ceilings")),
        baselines=_mapping(result.get("baselines")),
        rows=_mapping(result.get("rows")),
        table=result["table"] if isinstance(result.get("table"), str) else None,
        validation=_numbers(result.get("validation")),
        cost=_mapping(result.get("cost")),
        monitor=_mapping(result.get("monitor")),
        seconds=_numbers(result).get("seconds"),
        job=job,
        sweep=next((each for each in path.parents if (each / SWEEP).is_file()), None),
    )


def _process(path: Path, job: Any, result: Any) -> dict[str, Any]:
    """Host, id and birth of the process that trains, as far as they are known; a run of no sweep notes its own."""
    if not _mapping(job).get("pid") and _mapping(result).get("status") == "running":
        try:
            return _mapping(_mapping(parsed(path / PROVENANCE)).get("process"))
        except (OSError, ValueError):
            return {}
    return _mapping(job)


def _process_is_there(process: Mapping[str, Any]) -> bool | None:
    """Whether it is; None if nobody knows which it is, or it runs on another machine."""
    if not isinstance(process.get("pid"), int) or not is_here({"host": process.get("host")}):
        return None
    return is_alive(process)


def _mapping(content: Any) -> dict[str, Any]:
    return content if isinstance(content, dict) else {}


def _numbers(content: Any) -> dict[str, float]:
    return {
        str(key): float(value)
        for key, value in _mapping(content).items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }


def parsed(path: Path) -> Any:
    """A JSON or YAML file's content, None if there is no such file; parsed again only when the file has changed.

    Raises:
        OSError, ValueError, yaml.YAMLError: it cannot be read.
    """
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return _parsed(path, stat.st_mtime_ns, stat.st_size, stat.st_ino)


@lru_cache(maxsize=20_000)
def _parsed(path: Path, *_: int) -> Any:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return json.loads(text)
    # libyaml where it is built in: ten times faster, and a sweep has hundreds of these.
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # both are safe
