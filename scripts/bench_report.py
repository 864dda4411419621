"""How long the report of a large sweep takes to write, how large it is, and how long Chromium takes to load it.

    python scripts/bench_report.py                     # 500 runs × 10,000 logged rows, in a temporary folder
    python scripts/bench_report.py --runs 50 --keep DIR

Loading is timed, by the page's own clock, from the navigation to the table and to the first chart being there;
answering, from a click on a column's head to the sorted table. The processor's time of the page's main thread is shown
up to there, and up to plotly being ready for the charts below: on a busy machine these are the figures to go by. Needs
playwright and the system's Chromium.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
MARK = "(name) => performance.getEntriesByName(name)[0]?.startTime ?? 0"
SORT = """() => new Promise((done) => {
  const begun = performance.now();
  document.querySelector('#table th button').click();
  requestAnimationFrame(() => requestAnimationFrame(() => done((performance.now() - begun) / 1000)));
})"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the report of a large sweep.")
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--points", type=int, default=10_000, help="rows of each run's metrics.csv")
    parser.add_argument("--loads", type=int, default=5, help="times that the page is loaded; the median is shown")
    parser.add_argument(
        "--keep", type=Path, help="folder for the sweep and the report, kept (default: a temporary one)"
    )
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        measure(args.keep or Path(temporary), args.runs, args.points, args.loads)


def measure(folder: Path, runs: int, points: int, loads: int) -> None:
    """Everything, printed line by line."""
    from mmfusion.report.html import write_html
    from mmfusion.store.find import find_runs
    from tests.helpers.run_folders import write_many

    sweep, report = folder / f"{runs}x{points}", folder / "report.html"
    if not sweep.is_dir():
        write_many(sweep, runs, points)
    size = sum(path.stat().st_size for path in sweep.rglob("*") if path.is_file())
    print(f"sweep       {runs} runs × {points} rows, {size / 1e6:.0f} MB on disk")
    began = time.perf_counter()
    all_runs = find_runs([sweep])
    finding = time.perf_counter() - began
    write_html(all_runs, report, "bench")
    print(f"writing     {time.perf_counter() - began:.1f} s ({finding:.1f} s of it finding and reading configs)")
    print(f"file        {report.stat().st_size / 1e6:.1f} MB")
    tables, charts, sorts, busy, with_plotly = zip(*(load(report) for _ in range(loads)), strict=True)
    print(f"table       {median(tables):.2f} s after the navigation (slowest {max(tables):.2f} s)")
    print(f"first chart {median(charts):.2f} s (slowest {max(charts):.2f} s)")
    print(f"sorting     {1000 * median(sorts):.0f} ms from click to table")
    print(f"processor   {median(busy):.2f} s of the page's main thread, {median(with_plotly):.2f} s with plotly")


def load(report: Path) -> tuple[float, float, float, float, float]:
    """Seconds to table, first chart, sorted table; of the processor until then, and with plotly; in a fresh browser."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        raise SystemExit("bench_report: no Chromium on PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1366, "height": 900})
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})

        def busy() -> float:
            metrics = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
            return float(metrics["TaskDuration"])

        def mark(name: str) -> float:
            while not (at := page.evaluate(MARK, name)):
                page.wait_for_timeout(20)
            return float(at) / 1000

        page.goto(report.as_uri(), wait_until="commit", timeout=300_000)
        times = [mark("table"), mark("chart"), float(page.evaluate(SORT)), busy()]
        mark("plotly")
        table, chart, sorting, until_then, with_plotly = *times, busy()
        browser.close()
    return table, chart, sorting, until_then, with_plotly


if __name__ == "__main__":
    main()
