"""`mmfusion eval RUN`: a run's model on its own test split, or another."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pytorch_lightning import seed_everything

from mmfusion.config.errors import ConfigError
from mmfusion.config.instantiate import trusting
from mmfusion.config.override import parse_overrides
from mmfusion.config.sections import SOURCE_KEYS
from mmfusion.data.module import MultiModalData
from mmfusion.data.sources.manifest import ManifestSource
from mmfusion.data.table.guess import guess_decimal, read_guessed
from mmfusion.data.table.locations import table_path
from mmfusion.data.table.read import ReadOptions
from mmfusion.progress import busy
from mmfusion.runs.config import gives_table, other_split, read_run_config, reading_keys, reading_overrides
from mmfusion.runs.load import fill, find_checkpoint, restore
from mmfusion.runs.metric_lines import flat_ceilings
from mmfusion.runs.provenance import fingerprint
from mmfusion.runs.run_summary import show_run, shown_path
from mmfusion.runs.stopping import StopOnSignals
from mmfusion.store.files import CONFIG, PROVENANCE, read_mapping
from mmfusion.store.folder import RunFolder
from mmfusion.store.run import Run, read_result
from mmfusion.training.build import build_data, build_model, build_module
from mmfusion.training.callbacks.progress import progress_callbacks
from mmfusion.training.callbacks.undefined import explain
from mmfusion.training.noise import quiet
from mmfusion.training.trainer import build_trainer, progress_of

log = logging.getLogger(__name__)

_STAGES = {"train": None, "val": "validate", "test": "test"}
_WHOLE = {"column": None, "ratio": {"train": 0, "val": 0, "test": 1}}  # a split of a table that tests every row

_ALONE = {"devices": 1, "num_nodes": 1, "strategy": "auto", "fast_dev_run": False, "profiler": None}


def shown_by_file(data: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """How another table than the run's own is read, as its file shows it and as the overrides say."""
    given = reading_overrides([one.text for one in parse_overrides(overrides) if one.name in reading_keys()])
    path = table_path(data["path"], data.get("root"))
    guess = read_guessed(path, ReadOptions.of(data), given)
    guess_decimal(guess, given)
    for sentence in guess.notes:
        log.warning("%s: %s", path.name, sentence)
    settings = guess.settings
    return {"delimiter": settings.delimiter, "quote": settings.quote, "decimal": settings.decimal}


def splits_anew(folder: RunFolder, data: MultiModalData, overrides: Sequence[str]) -> bool:
    """Whether the rows of the run's own table are in other splits than they were when it was trained.

    By ratio and by folds, rows are dealt out by their ids or cells, so that a table that is read in another way is.
    """
    assert data.table is not None
    known, own = fingerprint(data.table), read_mapping(folder.path / PROVENANCE).get("data") or {}
    if own.get("table") == known["table"]:
        return bool(own["hash"] != known["hash"])
    if gives_table(overrides) or not isinstance(data.source, ManifestSource) or not overrides:
        return False
    source = {k: v for k, v in folder.read(CONFIG)["data"].items() if k not in (*SOURCE_KEYS, "_target_")}
    table = ManifestSource(**source).read()
    first, second = (dict(zip(rows.rows, rows.splits, strict=True)) for rows in (table, data.table))
    return first != second


def evaluate(
    run: str | Path,
    checkpoint: str = "best",
    split: Literal["train", "val", "test", "all"] = "test",
    overrides: Sequence[str] = (),
    trusted_modules: Sequence[str] = (),
    show: bool = True,
) -> Run:
    """Test a run's model again, in one process, with what the run had fitted.

    What was found goes to `eval_<split>.json` in the run's folder, the next time to `eval_<split>-1.json` and so on:
    no evaluation takes another's place.

    Args:
        checkpoint, trusted_modules: see `load_run`.
        split: which rows; metrics are named after it. `all` tests every row of another table, whatever its splits.
        overrides: `key=value` on the run's own config, for keys that it has: `data.root=/elsewhere`.

    Raises:
        ConfigError: not a run, no such checkpoint, an override of a key that is not there or with which the weights
            do not fit, or another split of the run's own table.
    """
    if split not in ("train", "val", "test", "all"):
        raise ConfigError(f"split must be train, val, test or all, found {split!r}")
    part: Literal["train", "val", "test"] = "test" if split == "all" else split
    began, started = time.perf_counter(), datetime.now(UTC).isoformat(timespec="seconds")
    stop = StopOnSignals()
    with trusting(trusted_modules), quiet(), stop.active():
        folder, config = read_run_config(run, overrides)
        is_other = gives_table(overrides)
        if is_other:
            config["data"] |= shown_by_file(config["data"], overrides)
        if split == "all" and not (is_other and "split" in config["data"]):
            raise ConfigError(
                "--split all: takes every row of another table, data.path=FILE; of the run's own data, rows that it "
                "was trained on would be among them: choose train, val or test"
            )
        config["data"] |= {"split": _WHOLE} if split == "all" else {}
        trained = read_result(folder)
        if trained.refit and split == "val":
            log.warning(
                "the run was refitted on its validation rows (trainer.refit): this is no validation of its model"
            )
        config["trainer"] = {**config["trainer"], **_ALONE}
        path = find_checkpoint(folder, checkpoint)
        seed_everything(config["seed"], workers=True, verbose=False)
        data, tasks = build_data(config)
        restore(folder, data, tasks)
        with busy("preparing data"):
            data.setup(_STAGES[part])
        if splits_anew(folder, data, overrides):
            raise ConfigError(other_split(overrides))
        if is_other and split != "all" and (config["data"].get("split") or {}).get("column") is None:
            _say_how_many(data, part)
        module = build_module(config, build_model(config, data, tasks, from_checkpoint=True))
        fill(module, path, overrides)
        callbacks = [stop, *progress_callbacks(progress_of(config["trainer"]))]
        trainer = build_trainer(config["trainer"], callbacks, [], folder.path)
        tested: dict[str, float] = dict(*trainer.test(module, dataloaders=data.split_dataloader(part), verbose=False))
    metrics = {part + name.removeprefix("test"): float(value) for name, value in tested.items()}
    ceilings = flat_ceilings(metrics, list(config["encoder"]), data.source.ceiling) if part == "test" else {}
    new = {"metrics": metrics, "ceilings": ceilings, "undefined": explain(metrics, part, tasks, data.targets(part))}
    result = trained.but(**new, seconds=time.perf_counter() - began, cost={}, baselines={})
    if show and folder.writes:
        show_run(result)
    about = {"split": split, "checkpoint": str(path), "overrides": list(overrides), "started": started}
    about |= {name: getattr(result, name) for name in ("seconds", "metrics", "ceilings", "undefined")}
    written = folder.write_new(f"eval_{split}", about | {"faulty": data.faulty()})
    if show and folder.writes:
        print(f"Written to {shown_path(written)}")
    return result


def _say_how_many(data: MultiModalData, split: str) -> None:
    """Of another table, what `data.split` makes of it is seldom what is meant."""
    rows, table = data.rows(split), data.table
    if rows is not None and table is not None and len(rows.table) < len(table):
        log.warning(
            f"{table.name}: data.split makes {len(rows.table)} of its {len(table)} rows the split {split}, as it does "
            "of the run's own table, and these alone are evaluated; --split all takes every row"
        )
