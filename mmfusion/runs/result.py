"""What a run came to: `result.json`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from mmfusion.config.errors import ConfigError
from mmfusion.runs.folder import RunFolder

FILE = "result.json"
PREDICTIONS = "predictions.parquet"
"""The test split's: ids, predictions, probabilities and labels."""


@dataclass(frozen=True)
class Result:
    """How far a run is, and what it found.

    Attributes:
        folder: the run's folder.
        status: running, completed, failed or stopped.
        name: the config's.
        seed: the config's.
        started: time and date, UTC.
        seconds: from start to end, or to the last word.
        metrics: of the test split: `test/<task>/<metric>`, and `test[<a+b>]/<task>/<metric>` with these modalities.
        ceilings: the best that can be expected for metrics of which the data knows it, by the metric's name.
        validation: `val/…` at the tested checkpoint; with `refit`, at the one that said how long to train.
        undefined: metrics of the test split that are not a number, and why.
        monitor: which metric chose the checkpoint, its best value, and when (`epoch`, `step`); how many `validations`
            there were, and in how many of them it was not a number (`undefined`).
        refit: of `trainer.refit`: the optimizer's `steps`, as many as the best checkpoint's, which was of this `epoch`.
        baselines: what simple models reach on the same rows (`mmfusion.baselines.measure.Baselines`), and `against`:
            task to how the run does beside the best of them.
        rows: split to how many rows it has, and which of them were scored; see `mmfusion.runs.scored`.
        table: hash of the table's ids and cells, as in `provenance.json`.
        cost: `parameters`, `trained_parameters`, `peak_memory_bytes`, `peak_gpu_memory_bytes` (of rank 0),
            `rows_per_second` (training, all ranks), `waiting` (share of it spent waiting for data), `fit_seconds`,
            `test_seconds`, `processes`.
        faulty: split to modality to the `rows` whose medium could not be decoded (`data.loader.on_error`), and the
            `first` ten of them; as rank 0 saw it, empty if there was none.
        error: why it failed or was stopped.
        pruned: whether it was stopped because a search's pruner said so.
    """

    folder: Path
    status: Literal["running", "completed", "failed", "stopped"]
    name: str
    seed: int
    started: str
    seconds: float = 0.0
    metrics: dict[str, float] = field(default_factory=dict)
    ceilings: dict[str, float] = field(default_factory=dict)
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

    @property
    def without_best(self) -> str | None:
        """Why there is no best checkpoint though one was to be kept; None where there is one, or none was wanted."""
        found = self.monitor
        if found.get("best") is not None or not found.get("undefined"):
            return None
        return f"{' and '.join(found['metric'])} was not a number in any of {found['validations']} validations"

    def write(self, folder: RunFolder, last: bool = False) -> None:
        """Replace `result.json`; as the last word of a run that did not complete, on a full disk too."""
        content = asdict(self)
        del content["folder"]  # a folder that was moved would contradict itself
        (folder.write_last if last else folder.write_json)(FILE, content)

    def but(self, **changes: Any) -> Result:
        """A copy with some attributes changed."""
        return replace(self, **changes)


def read_result(folder: RunFolder) -> Result:
    """What `result.json` says; what a later mmfusion may have written beside is passed over.

    Raises:
        ConfigError: it is not there, or not a result.
    """
    content = folder.read_json(FILE)
    known = {each.name for each in fields(Result)}
    try:
        return Result(**{name: content[name] for name in content if name in known}, folder=folder.path)
    except TypeError as error:
        raise ConfigError(f"{folder.path / FILE} is damaged: {error}") from None


def flat_ceilings(
    metrics: Mapping[str, float],
    modalities: Sequence[str],
    ceiling: Callable[[frozenset[str]], Mapping[str, Mapping[str, float]]],
) -> dict[str, float]:
    """The best attainable value of each test metric, under the metric's own name, as far as the source knows it.

    Args:
        metrics: measured ones, by name; none but these are asked for.
        modalities: what the model sees.
        ceiling: subset of the modalities to task to metric to value.
    """
    found: dict[str, float] = {}
    known: dict[str, Mapping[str, Mapping[str, float]]] = {}
    for name in metrics:
        split, _, rest = name.partition("/")
        task, _, metric = rest.partition("/")
        if split not in known:
            subset = split[split.index("[") + 1 : -1].split("+") if "[" in split else modalities
            known[split] = ceiling(frozenset(subset))
        value = known[split].get(task, {}).get(metric)
        if value is not None:
            found[name] = float(value)
    return found
