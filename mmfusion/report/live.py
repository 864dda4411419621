"""Runs of a folder while they go on: what has changed since somebody last asked."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mmfusion.config.errors import ConfigError
from mmfusion.report.downsample import cap
from mmfusion.report.page_summary import page_summary, searches
from mmfusion.report.payload import one
from mmfusion.report.sections._base import ReportSection
from mmfusion.store.curves import curve_names
from mmfusion.store.files import (
    CONCLUSION,
    CONFIG,
    CURVES,
    FITTED_TASKS,
    JOB,
    JOURNAL,
    LOG,
    OUTPUTS,
    OVERRIDES,
    PREDICTIONS,
    PROVENANCE,
    RESULT,
    SWEEP,
)
from mmfusion.store.find import find_runs
from mmfusion.store.run import Run

READ = (CONFIG, OVERRIDES, RESULT, JOB, PROVENANCE, CURVES, PREDICTIONS, FITTED_TASKS, OUTPUTS, LOG)
"""Every file of a run that the page is made from."""
SEARCHED_AGAIN = 20.0
"""Seconds that the importances of a search stand, however fast its trials come."""

Signature = tuple[Any, ...]


@dataclass(frozen=True)
class Piece:
    """A run as text for the page.

    Attributes:
        signature: its files' times and sizes, and its status: if they are the same, so is the text.
        version: when it last changed.
        text: JSON.
    """

    signature: Signature
    version: int
    text: str


class Live:
    """Reads a folder again when asked, and only the runs whose files have changed.

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
            shared = self._shared
            ids = self._ids if self._ids_version > after else None
            return (
                f'{{"server":{json.dumps(self.server)},"version":{self._version},"full":{json.dumps(full)},'
                f'"reading":{waiting},"ids":{json.dumps(ids)},"runs":[{",".join(runs)}],'
                f'"shared":{shared.text if shared is not None and shared.version > after else "null"}}}'
            )

    def _refresh(self) -> int:
        """Read what has changed; returns how many runs there was no time for."""
        until = time.monotonic() + self.patience
        found = [self._own(run) for run in self._find()]
        most = cap(sum(len(curve_names(run.path / CURVES)) for run, inside in found if inside))
        version = self._version + 1
        read: list[Run] = []
        waiting = 0
        for run, inside in found:
            signature = (most, inside, run.status, run.error, *_stats(run.path, READ))
            known = self._pieces.get(run.id)
            if known is None or known.signature != signature:
                # One at least, or a slow disk would keep the page waiting for ever.
                if time.monotonic() > until and self._version == version:
                    waiting += 1
                    if known is None:
                        continue
                else:
                    text = json.dumps(one(run, most, files=inside), allow_nan=False, separators=(",", ":"))
                    self._pieces[run.id] = Piece(signature, version, text)
                    self._version = version
            read.append(run)
        self._keep([run.id for run in read], version)
        self._share(read, version)
        return waiting

    def _find(self) -> list[Run]:
        try:
            return find_runs([self.folder])
        except (OSError, ConfigError):
            return []  # taken away, or being written anew; the next look is at what is there then

    def _own(self, run: Run) -> tuple[Run, bool]:
        """The run without anything that lies outside of the folder, and whether its files may be read."""
        if (link := leaves(run.path, self.folder)) is not None:
            why = f"{link} leads out of the folder; nothing of this run is shown"
            return Run(run.path, "failed", run.path.name, error=why, id=run.id), False
        inside = run.sweep is None or leaves(run.sweep, self.folder, (SWEEP, JOURNAL, CONCLUSION)) is None
        return run if inside else replace(run, sweep=None), True

    def _keep(self, ids: list[str], version: int) -> None:
        if ids != self._ids:
            self._ids, self._ids_version, self._version = ids, version, version
            self._pieces = {name: self._pieces[name] for name in ids}

    def _share(self, runs: list[Run], version: int) -> None:
        """What is said of all runs; curves change it never."""
        sweeps = sorted({run.sweep for run in runs if run.sweep is not None})
        signature = (
            tuple((run.id, run.status, *_stats(run.path, (CONFIG, OVERRIDES, RESULT, JOB))) for run in runs),
            tuple(_stats(sweep, (SWEEP, CONCLUSION)) for sweep in sweeps),
            self._search(runs, sweeps),
        )
        if self._shared is None or self._shared.signature != signature:
            found = page_summary(runs, known_searches=self._searches[2], sections=self.sections)
            text = json.dumps(found, allow_nan=False, separators=(",", ":"))
            self._shared, self._version = Piece(signature, version, text), version

    def _search(self, runs: list[Run], sweeps: list[Path]) -> str:
        """Have importances made anew when a study has changed and some time has passed; tells the last ones.

        In a thread of their own: no answer waits for them, a later one has them.
        """
        made, before, _ = self._searches
        signature = tuple(_stats(sweep, (SWEEP, JOURNAL)) for sweep in sweeps)
        now = time.monotonic()
        idle = self._searching is None or not self._searching.is_alive()
        if signature != before and idle and (not before or now - made > SEARCHED_AGAIN):

            def search() -> None:
                self._searches = (time.monotonic(), signature, searches(runs, other_storages=False))

            self._searching = threading.Thread(target=search, daemon=True)
            self._searching.start()
        return repr(self._searches[2])


def leaves(path: Path, folder: Path, names: tuple[str, ...] = READ) -> str | None:
    """The first of the files in `path` that lies outside of the folder, by a link; None if none does."""
    if not path.resolve().is_relative_to(folder):
        return path.name
    for name in names:
        each = path / name
        if each.is_symlink() and not each.resolve().is_relative_to(folder):
            return name
    return None


def _stats(path: Path, names: tuple[str, ...]) -> Signature:
    found: list[Any] = []
    for name in names:
        try:
            stat = (path / name).stat()
        except OSError:
            found.append(None)
        else:
            found.append((stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return tuple(found)
