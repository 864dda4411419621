"""`mmfusion compare`: from folders to the table, the CSV file and the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmfusion.config.errors import ConfigError
from mmfusion.report.compare import Comparison, compare
from mmfusion.report.table_file import write_csv
from mmfusion.report.terminal import show
from mmfusion.store.files import CONFIG
from mmfusion.store.find import find_runs


def compare_folders(
    folders: Sequence[str],
    metric: str | None = None,
    by: str | None = None,
    html: str | None = None,
    csv: str | None = None,
    lower: bool | None = None,
    sections: Mapping[str, Mapping[str, Any]] | None = None,
) -> Comparison:
    """Compare all runs in or below the folders, print what comes out, and write the files that are requested.

    Args:
        by: keys to group by, with commas between them.
        html, csv: the page's file and the table's.
        lower: whether less of the metric is better, where mmfusion does not know.
        sections: further ones of the page, as `build_sections` takes them.

    Raises:
        ConfigError: there is no run, no such folder, metric or key, or the files' names do not fit.
    """
    table, page = _file("--csv", csv, (".csv",)), _file("--html", html, (".html", ".htm"))
    if lower is not None and metric is None:
        raise ConfigError("--lower and --higher say it of the metric that --metric names")
    runs = find_runs(folders)
    if not runs:
        raise ConfigError(f"no runs in or below {', '.join(folders)}: a run's folder has a {CONFIG}")
    lower_of = {} if lower is None or metric is None else {metric.rpartition("/")[2]: lower}
    keys = [key.strip() for key in (by or "").split(",") if key.strip()]
    comparison = compare(runs, metric, keys, lower_of)
    show(comparison)
    if table is not None:
        write_csv(comparison, table)
        print(f"{table}: the table")
    if page is not None:
        from mmfusion.report.html import write_html

        title = ", ".join(Path(folder).resolve().name for folder in folders)
        # Left out, each sweep of several is ranked by its own.
        write_html(runs, page, title, metric=metric and comparison.metric, by=keys, lower=lower_of, sections=sections)
        print(f"{page}: the page")
    return comparison


def _file(option: str, name: str | None, suffixes: Sequence[str]) -> Path | None:
    """The file to write; its name is looked at before the work is done."""
    path = None if name is None else Path(name)
    if path is not None and path.suffix.lower() not in suffixes:
        raise ConfigError(f"{option} {path}: expected a name that ends in {suffixes[0]}")
    return path
