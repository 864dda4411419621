"""Runs and sweeps in or below a folder."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from mmfusion.config.errors import ConfigError, nearest
from mmfusion.store.files import ATTEMPTS, CONCLUSION, CONFIG, JOB, SWEEP, read_mapping
from mmfusion.store.run import Run, read_run

_LONGEST = 100_000  # characters of a conclusion


def find_runs(folders: Sequence[Path | str]) -> list[Run]:
    """Every run in or below the folders, in the order of their ids, with `2` before `10`.

    A folder with a `config.yaml` or a `job.json` is a run; nothing below it is another. Earlier attempts of a sweep's
    jobs are left out. A damaged file makes a run that says so, and never hides the others.

    Raises:
        ConfigError: a folder does not exist.
    """
    roots = [_existing(Path(folder)) for folder in folders]
    base = Path(os.path.commonpath(roots)) if roots else Path.cwd()
    if _is_run(base) or (base / SWEEP).is_file():
        base = base.parent  # so that its own name is part of the id
    paths = {path for root in roots for path in _below(root)}
    runs = [read_run(path, path.relative_to(base).as_posix()) for path in sorted(paths)]
    return sorted(runs, key=lambda run: natural(run.id))


def natural(text: str) -> list[tuple[int, int, str]]:
    """A key that sorts `a/2` before `a/10`."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in text.split("/")]


def not_begun(runs: Sequence[Run]) -> list[tuple[Path, int, int]]:
    """Sweeps that have fewer runs than were planned: the folder, how many are to come, how many were planned.

    A search is left out: it may draw more trials than it is asked to finish.
    """
    lacking = []
    for sweep, begun in sorted(Counter(run.sweep for run in runs if run.sweep is not None).items()):
        about = read_mapping(sweep / SWEEP)
        jobs = about.get("jobs")
        planned = len(jobs) if isinstance(jobs, dict) else about.get("planned")
        if about.get("kind") == "grid" and isinstance(planned, int) and planned > begun:
            lacking.append((sweep, planned - begun, planned))
    return lacking


def conclusions(runs: Sequence[Run]) -> list[list[str]]:
    """Name and text of what each study among the sweeps has concluded."""
    concluded = []
    for sweep in sorted({run.sweep for run in runs if run.sweep is not None}):
        with suppress(OSError):
            text = (sweep / CONCLUSION).read_text(encoding="utf-8", errors="replace")
            concluded.append([sweep.name, text[:_LONGEST]])
    return concluded


def _existing(folder: Path) -> Path:
    folder = folder.expanduser().absolute()
    if folder.is_dir():
        return folder
    beside = [path.name for path in folder.parent.iterdir() if path.is_dir()] if folder.parent.is_dir() else []
    close = nearest(folder.name, beside)
    hint = f"; did you mean {folder.with_name(close)}?" if close else ""
    raise ConfigError(f"{folder} is not a folder{hint}")


def _is_run(folder: Path) -> bool:
    return (folder / CONFIG).is_file() or (folder / JOB).is_file()


def _below(folder: Path) -> Iterator[Path]:
    for path, names, _ in os.walk(folder):  # passes over what is not ours to read
        if _is_run(Path(path)):
            yield Path(path)
            names.clear()
        names[:] = [name for name in names if name != ATTEMPTS and not name.startswith(".")]
