"""Runs of a folder while they go on: what has changed since the last request."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from mmfusion.config.errors import ConfigError
from mmfusion.report.downsample import cap
from mmfusion.report.page_summary import page_summary, searches
from mmfusion.report.payload import one
from mmfusion.report.sections._base import ReportSection
from mmfusion.store import files
from mmfusion.store.curves import curve_names
from mmfusion.store.find import find_runs
from mmfusion.store.run import Run

SUMMARY_FILES = (files.CONFIG, files.OVERRIDES, files.RESULT, files.JOB)
READ = (
    *(*SUMMARY_FILES, files.PROVENANCE, files.CURVES),
    *(files.PREDICTIONS, files.FITTED_TASKS, files.OUTPUTS, files.LOG),
)
"""Every file of a run that the page is made from; what is shown of all runs together needs the first of them."""
SWEEP_FILES = (files.SWEEP, files.JOURNAL, files.CONCLUSION)
SEARCHED_AGAIN = 20.0
"""Seconds that the importances of a search stand, however fast its trials come."""

Signature = tuple[Any, ...]


class Piece(NamedTuple):
    """A run as JSON for the page; `signature` is the state of its files: while it is the same, so is the text."""

    signature: Signature
    version: int
    text: str


class Live:
    """Reads a folder again at each request, and only the runs whose files have changed.

    Args:
        folder: of runs and sweeps; nothing outside of it is read, through links neither.
        patience: seconds that one answer may take reading; what is left comes with the next.
        sections: of the page, by name.
    """

    def __init__(
        self, folder: Path, patience: float = 1.5, sections: Mapping[str, ReportSection] | None = None
    ) -> None:
        self.folder = folder.resolve()
        self.patience = patience
        self.sections = sections
        self.server = secrets.token_hex(8)
        self._lock = threading.Lock()
        self._version = 0
        self._pieces: dict[str, Piece] = {}
        self._ids: list[str] = []
        self._ids_version = 0
        self._shared: Piece | None = None
        self._searching: threading.Thread | None = None
        self._searches: tuple[float, Signature, list[dict[str, Any]]] = (0.0, (), [])

    def since(self, version: int, server: str) -> str:
        """JSON of what came after `version`: of another server's version, everything.

        `runs` that changed, `ids` of all runs if any came or went, `shared` if it changed, `reading` how many runs are
        still to be read, and `version` to ask with next.
        """
        with self._lock:
            waiting = self._refresh()
            full = server != self.server or version > self._version
            after = 0 if full else version
            runs = [self._pieces[name].text for name in self._ids if self._pieces[name].version > after]
            shared = self._shared.text if self._shared is not None and self._shared.version > after else "null"
            head = {"server": self.server, "version": self._version, "full": full, "reading": waiting}
            head["ids"] = self._ids if self._ids_version > after else None
            return f'{json.dumps(head)[:-1]},"runs":[{",".join(runs)}],"shared":{shared}}}'

    def _refresh(self) -> int:
        """Read what has changed; returns how many runs there was no time for."""
        until = time.monotonic() + self.patience
        try:
            listed = find_runs([self.folder])
        except (OSError, ConfigError):
            listed = []  # taken away, or being written anew; the next look is at what is there then
        runs = [self._own(run) for run in listed]
        most = cap(sum(len(curve_names(run.path / files.CURVES)) for run, inside in runs if inside))
        version = self._version + 1
        read: list[Run] = []
        waiting = 0
        for run, inside in runs:
            signature = (most, inside, run.status, run.error, *_stats(run.path, READ))
            known = self._pieces.get(run.id)
            if known is None or known.signature != signature:
                # One at least, or a slow disk would keep the page waiting for ever.
                if time.monotonic() > until and self._version == version:
                    waiting += 1
                    if known is None:
                        continue
                else:
                    self._pieces[run.id] = Piece(signature, version, _json(one(run, most, files=inside)))
                    self._version = version
            read.append(run)
        ids = [run.id for run in read]
        if ids != self._ids:
            self._ids, self._ids_version, self._version = ids, version, version
            self._pieces = {name: self._pieces[name] for name in ids}
        self._share(read, version)
        return waiting

    def _own(self, run: Run) -> tuple[Run, bool]:
        """The run without anything that lies outside of the folder, and whether its files may be read."""
        if (link := leaves(run.path, self.folder)) is not None:
            why = f"{link} leads out of the folder; nothing of this run is shown"
            return Run(run.path, "failed", run.path.name, error=why, id=run.id), False
        inside = run.sweep is None or leaves(run.sweep, self.folder, SWEEP_FILES) is None
        return run if inside else replace(run, sweep=None), True

    def _share(self, runs: list[Run], version: int) -> None:
        """What is said of all runs; curves change it never."""
        sweeps = sorted({run.sweep for run in runs if run.sweep is not None})
        signature = (
            tuple((run.id, run.status, *_stats(run.path, SUMMARY_FILES)) for run in runs),
            tuple(_stats(sweep, (files.SWEEP, files.CONCLUSION)) for sweep in sweeps),
            self._search(runs, sweeps),
        )
        if self._shared is None or self._shared.signature != signature:
            summary = page_summary(runs, known_searches=self._searches[2], sections=self.sections)
            self._shared, self._version = Piece(signature, version, _json(summary)), version

    def _search(self, runs: list[Run], sweeps: list[Path]) -> str:
        """The last importances; they are computed again when a study has changed and some time has passed.

        In a thread of their own: no answer waits for them, a later one has them.
        """
        computed, before, _ = self._searches
        signature = tuple(_stats(sweep, (files.SWEEP, files.JOURNAL)) for sweep in sweeps)
        now = time.monotonic()
        idle = self._searching is None or not self._searching.is_alive()
        if signature != before and idle and (not before or now - computed > SEARCHED_AGAIN):

            def search() -> None:
                self._searches = (time.monotonic(), signature, searches(runs, other_storages=False))

            self._searching = threading.Thread(target=search, daemon=True)
            self._searching.start()
        return repr(self._searches[2])


def leaves(path: Path, folder: Path, names: tuple[str, ...] = READ) -> str | None:
    """The first of the files in `path` that lies outside of the folder, by a link; None if none does."""
    if not path.resolve().is_relative_to(folder):
        return path.name
    links = (name for name in names if (path / name).is_symlink())
    return next((name for name in links if not (path / name).resolve().is_relative_to(folder)), None)


def _stats(path: Path, names: tuple[str, ...]) -> Signature:
    return tuple(files.file_state(path / name) for name in names)


def _json(content: Any) -> str:
    return json.dumps(content, allow_nan=False, separators=(",", ":"))
