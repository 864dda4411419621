"""The hand-written loop against mmfusion: wall time, peak memory and test scores, side by side.

    python scripts/bench_seed_loop.py [--shared ../shared] [--seeds 0 1 2] [--data agree calc] [-- OVERRIDE ...]

Runs `bench/seed_loop.py` of the shared folder and `mmfusion train experiment=digits3_agree` (or `digits3_calc`) in
turn, each as a process of its own, so that wall time is from start to exit, imports and evaluation included. Peak
memory is the largest sum of proportional set sizes over the process and its children (loader workers), sampled once a
second.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

# Test scores: column of the table, key in the reference's line of JSON, metric in mmfusion's result.json.
SCORES = {
    "agree": [("digit", "test_digit", "test/digit/accuracy"), ("intent", "test_intent", "test/intent/accuracy")],
    "calc": [("result MAE", "test_mae", "test/result/mae"), ("operation", "test_operation", "test/operation/accuracy")],
}
# What Ludwig 0.17.10's concat combiner reached on agree.csv, from the task that set these goals; not run here.
LUDWIG = {"digit": 0.697, "intent": 0.399}


class Run(NamedTuple):
    """One process: seconds from start to exit, GiB at its peak, test scores."""

    seconds: float
    memory: float
    scores: dict[str, float]


def measure(command: list[str], score: Callable[[str], dict[str, float]]) -> Run:
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    sizes = [0]
    threading.Thread(target=_watch, args=(psutil.Process(process.pid), sizes), daemon=True).start()
    output, errors = process.communicate()
    seconds = time.perf_counter() - start
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{errors[-4000:]}")
    return Run(seconds, max(sizes) / 2**30, score(output))


def _watch(process: psutil.Process, sizes: list[int]) -> None:
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        size = 0
        with suppress(psutil.NoSuchProcess):
            for part in [process, *process.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                    size += part.memory_full_info().pss
        sizes.append(size)
        time.sleep(1.0)  # reading the sizes costs tens of milliseconds


def reference(shared: Path, data: str, seed: int) -> Run:
    table = shared / "data" / "digits3" / f"{data}.csv"
    command = [sys.executable, str(shared / "bench" / "seed_loop.py"), str(table), "--seed", str(seed)]

    def score(output: str) -> dict[str, float]:
        scores = json.loads(output.strip().splitlines()[-1])
        return {name: scores[key] for name, key, _ in SCORES[data]}

    return measure(command, score)


def mmfusion(shared: Path, data: str, seed: int, overrides: list[str]) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        command = [sys.executable, "-m", "mmfusion", "train", f"experiment=digits3_{data}", f"seed={seed}"]
        command += [f"data.root={shared / 'data' / 'digits3'}", f"paths.run={run}", *overrides]

        def score(output: str) -> dict[str, float]:
            metrics = json.loads((run / "result.json").read_text())["metrics"]
            return {name: metrics[key] for name, _, key in SCORES[data]}

        return measure(command, score)


def report(data: str, theirs: list[Run], ours: list[Run]) -> None:
    names = [name for name, _, _ in SCORES[data]]
    print(f"\n{data}.csv: mean of {len(ours)} seeds (lowest .. highest)")
    print(f"{'':<14}{'seconds':>26}{'GiB':>8}" + "".join(f"{name:>26}" for name in names))
    for label, runs in (("seed loop", theirs), ("mmfusion", ours)):
        cells = [_spread([run.scores[name] for run in runs], 4) for name in names]
        seconds, memory = _spread([run.seconds for run in runs], 1), max(run.memory for run in runs)
        print(f"{label:<14}{seconds:>26}{memory:>8.2f}" + "".join(f"{cell:>26}" for cell in cells))
    ratios = [a.seconds / b.seconds for a, b in zip(ours, theirs, strict=True)]
    print(f"wall time, mmfusion / seed loop: {_spread(ratios, 2)}")
    if data == "agree":
        print(f"Ludwig 0.17.10, as given: digit {LUDWIG['digit']}, intent {LUDWIG['intent']} in 217 s and 8.8 GB")


def _spread(values: list[float], digits: int) -> str:
    return f"{statistics.mean(values):.{digits}f} ({min(values):.{digits}f} .. {max(values):.{digits}f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--data", nargs="+", choices=sorted(SCORES), default=sorted(SCORES))
    parser.add_argument("overrides", nargs="*", help="further overrides for mmfusion, after --")
    arguments = parser.parse_args()
    if not arguments.shared.is_dir():
        sys.exit(f"{arguments.shared}: no such folder; this benchmark needs the shared data (--shared DIR)")
    for data in arguments.data:
        theirs, ours = [], []
        for seed in arguments.seeds:
            theirs.append(reference(arguments.shared, data, seed))
            ours.append(mmfusion(arguments.shared, data, seed, arguments.overrides))
            for label, run in (("seed loop", theirs[-1]), ("mmfusion", ours[-1])):
                times = f"{run.seconds:6.1f} s {run.memory:5.2f} GiB"
                print(f"{data} seed {seed} {label:<10} {times} {run.scores}", flush=True)
        report(data, theirs, ours)


if __name__ == "__main__":
    main()
