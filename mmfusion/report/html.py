"""The page as one file: no network, no server, nothing beside it."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from mmfusion.report.built_sections import build_sections
from mmfusion.report.page_summary import page_summary
from mmfusion.report.payload import payload
from mmfusion.store.files import write
from mmfusion.store.run import Run

ASSETS = Path(__file__).parent / "page"
STYLES = ("base.css", "parts.css")
SCRIPTS = (
    *("core.js", "data.js", "state.js", "charts.js", "ranking.js", "conclusion.js", "table.js", "curves.js"),
    *("seeds.js", "balance.js", "parallel.js", "pareto.js", "heat.js", "modalities.js", "predictions.js"),
    *("sections.js", "drawer.js", "live.js", "main.js"),
)
"""In the order in which they are put together to one script."""


def write_html(
    runs: Sequence[Run],
    path: Path,
    title: str,
    metric: str | None = None,
    by: Sequence[str] = (),
    lower: Mapping[str, bool] | None = None,
    sections: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Write the page of these runs, replacing in one step; folders above it are made.

    The arguments and errors are those of `page_summary` and `build_sections`.

    Raises:
        ConfigError: there is no such metric, key or section.
    """
    shared = page_summary(runs, metric, by, lower, sections=build_sections(sections))
    text = page(payload(runs, title, shared))
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, text)


def page(content: Mapping[str, Any]) -> str:
    """The page's text around what `payload` gives.

    The data stands in it as JSON that no parser of HTML can find an end or a tag in; what it says becomes elements in
    the browser, as text. A policy in the page's head lets nothing run but the page's own scripts, by their hashes, and
    nothing be fetched but, by a live page, what the dashboard itself serves.
    """
    script, plotly = own_script(), plotly_script()
    hashes = " ".join(map(_hash, (script, plotly)))
    source = "'self'" if content.get("live") else "'none'"
    policy = (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        f"connect-src {source}; base-uri 'none'; form-action 'none'"
    )
    parts = {
        "<!--policy-->": f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        "<!--style-->": f"<style>\n{''.join(_asset(name) for name in STYLES)}</style>",
        "<!--data-->": f'<script type="application/json" id="data">{embedded(content)}</script>',
        # Plotly's five megabytes are no script until the table is there: then the page makes them one.
        "<!--script-->": f'<script type="text/plain" id="plotly">{plotly}</script>\n<script>{script}</script>',
    }
    # In one pass: what is put in is never searched for marks.
    return re.sub("|".join(parts), lambda mark: parts[mark[0]], _asset("page.html"))


def embedded(content: Any) -> str:
    """JSON in which no `<`, `>` or `&` stands, so that nothing in it ends the script or begins a comment."""
    text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@lru_cache(maxsize=1)
def own_script() -> str:
    """The page's own script, one closed scope."""
    body = "".join(_asset(name) for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{body}\nstart();\n}})();\n'


@lru_cache(maxsize=1)
def plotly_script() -> str:
    """Plotly's script from the installed package, found without importing it: that takes half a second."""
    spec = importlib.util.find_spec("plotly")
    assert spec is not None
    assert spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0]) / "package_data" / "plotly.min.js"
    # An end tag in one of its strings would end the script in the page.
    return path.read_text(encoding="utf-8").replace("</script", "<\\/script")


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
