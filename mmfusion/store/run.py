"""A run, as its folder has it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import yaml

from mmfusion.config.errors import ConfigError
from mmfusion.store import files
from mmfusion.store.folder import RunFolder
from mmfusion.store.owner import is_alive, is_here

if TYPE_CHECKING:
    import polars as pl

Status = Literal["completed", "failed", "stopped", "pruned", "running", "missing"]
STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True)
class Run:
    """How far a run is, and what it came to. Its dictionaries are shared between readers: look, do not change.

    Attributes:
        status: of a run without a readable `result.json` it is missing; in that file a pruned run is a stopped one.
        seconds: from start to end, or so far; None if it is not known.
        metrics: of the test split: `test/<task>/<metric>`, and `test[<a+b>]/<task>/<metric>` with these modalities; as
            they are read, without those that are not a number.
        ceilings: the best that can be expected for metrics of which the data knows it, by the metric's name.
        task_metrics: task to its metrics, the one that stands for it first, each with its `direction` (max, min or
            null) and whether its values lie around 0 (`signed`); empty for a run of before.
        validation: `val/…` at the tested checkpoint; with `refit`, at the one that decided how long to train.
        undefined: metrics of the test split that are not a number, and why.
        monitor: which metric (terms) chose the checkpoint and its `mode`, its best value, and when (`epoch`, `step`);
            how many `validations` there were, and in how many of them it was not a number (`undefined`).
        refit: of `trainer.refit`: the optimizer's `steps`, as many as the best checkpoint's, which was of this `epoch`.
        baselines: what simple models reach on the same rows (`mmfusion.baselines.measure.Baselines`), and `against`:
            task to how the run does beside the best of them; empty if it was not requested.
        rows: see `mmfusion.runs.scored`.
        table: hash of the table's ids and cells, as in `provenance.json`; None if it is not recorded.
        cost: `parameters`, `trained_parameters`, `peak_memory_bytes`, `peak_gpu_memory_bytes` (of rank 0),
            `rows_per_second` (training, all ranks), `waiting` (share of it spent waiting for data), `fit_seconds`,
            `test_seconds`, `processes`.
        faulty: split to modality to the `rows` whose medium could not be decoded (`data.loader.on_error`), and the
            `first` ten of them; as rank 0 saw it, empty if there was none.
        error: why it did not complete; several lines sometimes.
        id: where it lies, short and without a double among the runs found together: `fusion-sweep/3`.
        config: resolved; empty if it cannot be read.
        job: `job.json` of a sweep's job.
        sweep: the sweep's folder.
    """

    path: Path
    status: Status
    name: str
    seed: int | None = None
    started: str = ""
    seconds: float | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    ceilings: dict[str, float] = field(default_factory=dict)
    task_metrics: dict[str, Any] = field(default_factory=dict)
    validation: dict[str, float] = field(default_factory=dict)
    undefined: dict[str, str] = field(default_factory=dict)
    monitor: dict[str, Any] = field(default_factory=dict)
    refit: dict[str, int] = field(default_factory=dict)
    baselines: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)
    table: str | None = None
    cost: dict[str, Any] = field(default_factory=dict)
    faulty: dict[str, dict[str, Any]] = field(default_factory=dict)
    error: str | None = None
    pruned: bool = False
    id: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    overrides: list[str] = field(default_factory=list)
    job: dict[str, Any] | None = None
    sweep: Path | None = None

    @property
    def fold(self) -> int | None:
        """Which fold of cross-validation was held out; None if the rows are not in folds."""
        split = _mapping(_mapping(self.config.get("data")).get("split"))
        fold = split.get("fold", 0) if split.get("folds") is not None else None
        return fold if isinstance(fold, int) else None

    @property
    def reason(self) -> str:
        """Why it did not complete, in a line."""
        return first_line(self.error or "no reason was written")

    @property
    def without_best(self) -> str | None:
        """Why there is no best checkpoint though one was to be kept; None where there is one, or none was wanted."""
        monitor = self.monitor
        if monitor.get("best") is not None or not monitor.get("undefined"):
            return None
        return f"{' and '.join(monitor['metric'])} was not a number in any of {monitor['validations']} validations"

    def curves(self) -> pl.DataFrame:
        """`metrics.csv`, as `read_curves` reads it."""
        from mmfusion.store.curves import read_curves

        return read_curves(self.path / files.CURVES)

    def but(self, **changes: Any) -> Run:
        """A copy with some attributes changed."""
        return replace(self, **changes)

    def write(self, folder: RunFolder, last: bool = False) -> None:
        """Replace `result.json`; as the last word of a run that did not complete, on a full disk too."""
        if folder.writes:
            content = {name: value for name, value in asdict(self).items() if name in RECORDED}
            (files.write_last if last else files.write)(folder.path / files.RESULT, content)


_BESIDE = ("path", "id", "config", "overrides", "job", "sweep")  # other files have these, or none: folders are moved
RECORDED = {own.name: str(own.type) for own in fields(Run) if own.name not in _BESIDE}
"""What `result.json` holds, and of which type; `name`, `seed`, `started` and `status` are always there."""


def read_result(folder: RunFolder) -> Run:
    """What `result.json` alone holds; what a later mmfusion may have written beside is passed over.

    Raises:
        ConfigError: it is not there, or not a result.
    """
    content = folder.read(files.RESULT)
    for key in ("status", "name", "seed", "started"):
        if key not in content:
            raise ConfigError(f"{folder.path / files.RESULT} is damaged: it has no {key}")
    return Run(folder.path, **_recorded(content))


def read_run(path: Path, id: str = "") -> Run:
    """A run from its folder, whatever state that is in; what is wrong with a file is the run's error."""
    faults: list[str] = []

    def content(file: str, kind: type = dict) -> Any:
        try:
            return files.read_document(path / file, kind)
        except (OSError, ValueError, yaml.YAMLError) as error:
            faults.append(f"{path / file} cannot be read: {' '.join(str(error).split())}")
            return None

    config = content(files.CONFIG) or {}
    job = content(files.JOB)
    typed = content(files.OVERRIDES, list) or _mapping(job).get("overrides")
    result = content(files.RESULT)
    pid, alive = _process(path, _mapping(job), _mapping(result))
    recorded = _recorded(result or {})
    status, error = recorded["status"], recorded["error"]
    if result is None and alive and not faults:
        status = "running"  # it starts: importing takes longer than a look at it
    elif result is None:
        status = "missing"
        error = f"no {files.RESULT}: the run has not begun, or ended before it could say anything"
    elif status == "stopped" and recorded["pruned"]:
        status = "pruned"
    elif status not in STATUSES:
        faults.append(f"{path / files.RESULT}: status is {status!r}, expected one of {', '.join(STATUSES)}")
        status = "failed"
    elif status == "running" and alive is False:
        status, error = "stopped", f"its process ({pid} on this machine) ended without a last word"
    if status == "completed" and not config:
        faults.append(f"{path} has no {files.CONFIG} that says something")
    if status == "completed" and faults:
        status = "failed"  # it cannot be put beside others
    seed = config.get("seed") if recorded["seed"] is None else recorded["seed"]
    recorded["name"] = recorded["name"] or str(config.get("name") or path.name)
    recorded["seed"] = seed if isinstance(seed, int) else None
    overrides = [str(text) for text in typed] if isinstance(typed, list) else []
    sweep = next((folder for folder in path.parents if (folder / files.SWEEP).is_file()), None)
    recorded |= {"status": status, "error": "; ".join(faults) or error}
    return Run(path, id=id, config=config, overrides=overrides, job=job, sweep=sweep, **recorded)


def _recorded(content: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, kind in RECORDED.items():
        value = content.get(name)
        if kind == "dict[str, float]":
            values[name] = _numbers(value)
        elif kind.startswith("dict"):
            values[name] = _mapping(value)
        elif "str" in kind:
            values[name] = None if value is None else str(value)
        else:
            values[name] = value
    known = {"status": str(content.get("status")), "seconds": _numbers(content).get("seconds")}
    return values | known | {"pruned": bool(content.get("pruned"))}


def _process(path: Path, job: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[Any, bool | None]:
    """The id of the process that trains, and whether it lives; None if it is not known or of another machine.

    A run of no sweep notes its own process.
    """
    process = job
    if not job.get("pid") and result.get("status") == "running":
        process = _mapping(files.read_mapping(path / files.PROVENANCE).get("process"))
    is_known = isinstance(process.get("pid"), int) and is_here({"host": process.get("host")})
    return process.get("pid"), is_alive(process) if is_known else None


def first_line(error: str) -> str:
    """An error's first line, with what it announces if that comes below."""
    lines = [line.strip() for line in error.splitlines() if line.strip()]
    return " ".join(lines[:2] if lines and lines[0].endswith(":") else lines[:1])


def _mapping(content: Any) -> dict[str, Any]:
    return content if isinstance(content, dict) else {}


def _numbers(content: Any) -> dict[str, float]:
    return {
        str(key): float(value)
        for key, value in _mapping(content).items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }
