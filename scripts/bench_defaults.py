"""What `mmfusion init`'s own choices reach on real tables, task by task, beside a linear model on the same rows.

    python scripts/bench_defaults.py [--shared ../shared] [--out bench_defaults] [--seeds 0 1 2] [--tables sgd …]

For each table: `mmfusion init`, `mmfusion train study=baselines`, then `mmfusion train` with each seed, nothing else
set. A run that has completed is not run again, so that a command that was stopped goes on where it was. Every number
goes to `results.jsonl` in the folder, the table is printed at the end. Behind the baseline stands half its 95% interval
over test rows, 1.96·√(a(1 − a)/n).
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

TABLES = {
    "vqa": "vqa_rad/manifest.csv",
    "orders": "speech_to_intent/manifest.csv",
    "sgd": "sgd/manifest.csv",
    "agree": "digits3/agree.csv",
}
"""Experiment to its table below `shared/data`."""


@dataclass(frozen=True)
class Line:
    """One task of one table: accuracies of the linear model and of the runs."""

    table: str
    task: str
    linear: float
    half: float
    runs: list[float]
    seconds: list[float]

    @property
    def mean(self) -> float:
        return statistics.fmean(self.runs)

    @property
    def reached(self) -> bool:
        return self.mean >= self.linear - self.half


def mmfusion(*arguments: str, folder: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "mmfusion", *arguments], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"mmfusion {' '.join(arguments)} failed:\n{(done.stdout + done.stderr)[-4000:]}")


def prepare(name: str, data: Path, folder: Path) -> dict[str, Any]:
    """The experiment, and what simple models reach."""
    if not (folder / "conf" / "experiment" / f"{name}.yaml").is_file():
        table = data / TABLES[name]
        mmfusion("init", str(table), "--root", str(table.parent), "--name", name, folder=folder)
    result = folder / "baselines" / name / "baselines.json"
    if not result.is_file():
        mmfusion("train", f"experiment={name}", "study=baselines", f"hydra.sweep.dir={result.parent}", folder=folder)
    return json.loads(result.read_text())


def trained(name: str, seed: int, folder: Path) -> dict[str, Any]:
    """A run's result, made now or read."""
    run = folder / "runs" / f"{name}-{seed}"
    for attempt in (run, *sorted(run.parent.glob(f"{run.name}-*"))):
        if (attempt / "result.json").is_file():
            result = json.loads((attempt / "result.json").read_text())
            if result["status"] == "completed":
                return result
    began = time.perf_counter()
    mmfusion("train", f"experiment={name}", f"seed={seed}", f"paths.run={run}", folder=folder)
    print(f"{name} seed {seed}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    return trained(name, seed, folder)


def lines(name: str, baselines: dict[str, Any], results: Sequence[dict[str, Any]]) -> Iterator[Line]:
    """A line a task, by accuracy; the linear model is that on all modalities."""
    linear = list(baselines["metrics"].values())[-1]
    for key, accuracy in linear.items():
        task, metric = key.split("/")[1:]
        if metric == "accuracy":
            n = linear[f"test/{task}/labels"]
            half = 1.96 * (accuracy * (1 - accuracy) / n) ** 0.5
            runs = [result["metrics"][key] for result in results]
            yield Line(name, task, accuracy, half, runs, [result["seconds"] for result in results])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared")
    parser.add_argument("--out", type=Path, default=Path("bench_defaults"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=list(TABLES))
    args = parser.parse_args()
    folder = args.out.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    results: list[Line] = []
    for name in args.tables:
        baselines = prepare(name, args.shared.absolute() / "data", folder)
        results += lines(name, baselines, [trained(name, seed, folder) for seed in args.seeds])
        (folder / "results.jsonl").write_text("".join(json.dumps(asdict(line)) + "\n" for line in results))
    print(f"{'table':8} {'task':16} {'linear':>14} {'init':>14}  {'':8} {'seconds':>8}")
    for line in results:
        spread = statistics.stdev(line.runs) if len(line.runs) > 1 else 0.0
        verdict = "reached" if line.reached else "MISSED"
        own = f"{line.mean:.3f} ± {spread:.3f}"
        linear = f"{line.linear:.3f} ± {line.half:.3f}"
        print(f"{line.table:8} {line.task:16} {linear:>14} {own:>14}  {verdict:8} {max(line.seconds):8.0f}")
    return 0 if all(line.reached for line in results) else 1


if __name__ == "__main__":
    sys.exit(main())
