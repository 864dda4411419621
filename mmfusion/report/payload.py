"""What the page shows of each run, as JSON knows it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mmfusion import __version__
from mmfusion.config.override import node_at
from mmfusion.report.configs import flat
from mmfusion.report.confusion import read_predictions
from mmfusion.report.costs import costs
from mmfusion.report.downsample import cap, downsample, encode
from mmfusion.report.formatting import many, shortlist
from mmfusion.store.curves import curve_names
from mmfusion.store.files import CURVES, LOG, PREDICTIONS
from mmfusion.store.run import Run

_LOG_BYTES, _LOG_LINES = 24_000, 80
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")
_EPOCHS = 2000
_NO_FILES: dict[str, Any] = {"faults": [], "log": [], "curves": {}, "epochs": [], "predictions": {}}


def payload(runs: Sequence[Run], title: str, shared: Mapping[str, Any]) -> dict[str, Any]:
    """All that a page needs: `title` is its own, `shared` is what `page_summary` gives of the runs.

    Raises:
        ConfigError: there is no such metric or key.
    """
    most = cap(sum(len(curve_names(run.path / CURVES)) for run in runs))
    return {
        "title": title,
        "about": about(runs),
        "foot": f"Written by mmfusion {__version__}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC.",
        "live": False,
        "shared": shared,
        "runs": [one(run, most) for run in runs],
    }


def one(run: Run, most: int, files: bool = True) -> dict[str, Any]:
    """A run by itself, with up to `most` points a curve; without `files`, no curves, predictions and log are read."""
    shown = {
        "id": run.id,
        "name": run.name,
        "status": run.status,
        "error": run.error,
        "seed": run.seed,
        "fold": run.fold,
        "overrides": run.overrides,
        "metrics": run.validation | run.metrics,
        "ceilings": run.ceilings,
        "costs": plain(costs(run)),
        "monitor": plain(run.monitor),
        "config": plain(flat(run.config)),
        "modalities": list(map(str, node_at(run.config, "encoder") or ())),
        "tasks": list(map(str, node_at(run.config, "task") or ())),
        "sweep": run.sweep.name if run.sweep else None,
        "trial": plain((run.job or {}).get("trial")),
    }
    return shown | (_files(run, most) if files else _NO_FILES)


def _files(run: Run, most: int) -> dict[str, Any]:
    """What the run's larger files hold; `faults` names those that cannot be read."""
    faults = []
    try:
        history = run.curves()
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        history = pl.DataFrame()
        faults.append(f"{CURVES} cannot be read: {' '.join(str(error).split())}")
    try:
        predictions = read_predictions(run.path / PREDICTIONS)
    except ValueError as error:
        predictions = {}
        faults.append(str(error))
    return {
        "faults": faults,
        "log": [] if run.status == "completed" else log_tail(run.path / LOG),
        "curves": curves(history, most),
        "epochs": epochs(history),
        "predictions": predictions,
    }


def about(runs: Sequence[Run]) -> str:
    """Where the runs lie and how many there are."""
    places = sorted({str((run.sweep or run.path.parent).name) for run in runs})
    return many(len(runs), "run") + (f" in {shortlist(places, 4)}" if places else "")


def curves(history: pl.DataFrame, most: int) -> dict[str, dict[str, Any]]:
    """Curve's name to its points as `encode` tells them: `x`, `y`, bucket means `mx` and `my`, and `n` logged ones."""
    names = [name for name in history.columns if name not in ("step", "epoch")]
    if not names or "step" not in history.columns or not len(history):
        return {}
    drawn: dict[str, dict[str, Any]] = {}
    for name in names:
        # Nan is what was logged, null is what was not.
        points = history.select(pl.col("step", name).cast(pl.Float64)).drop_nulls()
        if not len(points):
            continue
        curve = downsample(points["step"].to_numpy(), points[name].to_numpy(), most)
        drawn[name] = {"x": encode(curve.x), "y": encode(curve.y), "n": curve.logged}
        if curve.mean_x is not None and curve.mean_y is not None:
            drawn[name] |= {"mx": encode(np.round(curve.mean_x, 2)), "my": encode(curve.mean_y)}
    return drawn


def epochs(history: pl.DataFrame) -> list[list[float]]:
    """`[epoch, its first step]` of each epoch, thinned out evenly if there are very many; the last step ends it."""
    if not {"step", "epoch"} <= set(history.columns):
        return []
    both = history.select("epoch", "step").drop_nulls()
    if not len(both):
        return []
    firsts = both.group_by("epoch").agg(pl.col("step").min()).sort("step")
    firsts = firsts.gather_every(-(-len(firsts) // _EPOCHS))
    return [list(row) for row in firsts.rows()] + [[firsts["epoch"][-1] + 1, both["step"].max()]]


def log_tail(path: Path) -> list[str]:
    """The last lines of a log as a terminal would show them; none if there is no log."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            size = file.tell()
            file.seek(max(0, size - _LOG_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return []
    lines = text.split("\n")[1 if size > _LOG_BYTES else 0 :]
    # A progress bar writes over its line again and again; what it wrote last is what stays.
    seen = "\n".join(_CONTROL.sub("", line.rstrip("\r").rpartition("\r")[2]).rstrip() for line in lines).rstrip("\n")
    return seen.split("\n")[-_LOG_LINES:] if seen else []


def plain(content: Any) -> Any:
    """Content that JSON can hold: what it has no number for becomes its name."""
    if isinstance(content, Mapping):
        return {str(key): plain(value) for key, value in content.items()}
    if isinstance(content, float):
        return content if math.isfinite(content) else str(content)
    if isinstance(content, str | bool | int) or content is None:
        return content
    if isinstance(content, date):
        return content.isoformat()
    if isinstance(content, Iterable):
        return [plain(value) for value in content]
    return str(content)
