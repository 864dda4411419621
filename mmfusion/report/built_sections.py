"""The sections of a page: mmfusion's, and those that the person's own command or config adds."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from mmfusion.config.errors import ConfigError
from mmfusion.config.instantiate import instantiate
from mmfusion.report import sections
from mmfusion.report.sections._base import ReportSection, Section
from mmfusion.store.run import Run


def build_sections(nodes: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, ReportSection]:
    """Name to section: one for each file of `mmfusion.report.sections`, then those that `report.sections` describes.

    Never from the config of a run that is shown: that may be a stranger's, and a section is code.

    Raises:
        ConfigError: a name is taken; see `instantiate`; or what is built is no `ReportSection`.
    """
    built: dict[str, ReportSection] = {}
    for name in sorted(file.name for file in iter_modules(sections.__path__) if not file.name.startswith("_")):
        module = import_module(f"{sections.__name__}.{name}")
        classes = [own for own in vars(module).values() if getattr(own, "__module__", "") == module.__name__]
        built[name] = next(own() for own in classes if isinstance(own, type) and issubclass(own, ReportSection))
    for name, node in (nodes or {}).items():
        key = f"report.sections.{name}"
        if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
            raise ConfigError(f"{key}: a name is made of ASCII letters, digits, _ and -")
        if name in built:
            raise ConfigError(f"{key}: there is a section of this name already; choose another")
        section = instantiate(node, key)
        if not isinstance(section, ReportSection):
            raise ConfigError(f"{key}: {node['_target_']} is no ReportSection, which this place of the config needs")
        built[name] = section
    return built


def contents(built: Mapping[str, ReportSection], runs: Sequence[Run]) -> list[dict[str, Any]]:
    """What the page shows of each section that has something to say; one that fails says why."""
    shown = []
    for name, builder in built.items():
        try:
            if (section := builder.section(runs)) is not None:
                shown.append({"name": name} | _plain(section))
        except Exception as error:  # whatever it is that somebody's code raises: the rest of the page is still good
            line = f"This section could not be made: {type(error).__name__}: {error}"
            shown.append({"name": name} | _plain(Section(name, [line])))
    return shown


def _plain(section: Section) -> dict[str, Any]:
    """A section as JSON knows it."""
    figures = []
    if section.figures:
        from plotly.io import to_json  # half a second

        figures = [json.loads(str(to_json(figure, validate=False))) for figure in section.figures]
    tables = [[list(map(str, table.head)), [list(map(str, row)) for row in table.rows]] for table in section.tables]
    return {
        "title": str(section.title),
        "lines": list(map(str, section.lines)),
        "tables": [{"head": head, "rows": rows} for head, rows in tables],
        "figures": figures,
    }
