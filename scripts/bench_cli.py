"""How long the command line takes to answer where nothing is trained. Goal: at most 0.5 s each, on a quiet machine.

python scripts/bench_cli.py [--repeats 7]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GOAL_S = 0.5
OWN = "# @package _global_\ndefaults:\n  - digits\n  - _self_\nfusion:\n  dimm: 64\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as folder:
        experiment = Path(folder, "experiment", "own.yaml")
        experiment.parent.mkdir()
        experiment.write_text(OWN, encoding="utf-8")
        commands = {
            "--help": ["--help"],
            "train --help": ["train", "--help"],
            "ls": ["ls"],
            "ls fusion": ["ls", "fusion"],
            "unknown key": ["train", "trainer.max_epoch=3"],
            "unknown key with +": ["train", "+optimizer.lrr=1"],
            "wrong type": ["train", "fusion.dim=wide"],
            "unknown option": ["train", "fusion=gatd"],
            "unknown key in a file": ["train", "--config-dir", folder, "experiment=own"],
            "refused _target_": ["train", "fusion._target_=os.system"],
            "--cfg job": ["train", "--cfg", "job"],
        }
        print(f"{'command':<24}{'best':>8}{'median':>8}  s, of {repeats}")
        slow = [name for name, arguments in commands.items() if _best(name, arguments, repeats) > GOAL_S]
    print(f"goal: {GOAL_S} s; " + (f"missed by {', '.join(slow)}" if slow else "met"))


def _best(name: str, arguments: list[str], repeats: int) -> float:
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "mmfusion", *arguments], capture_output=True, check=False)
        seconds.append(time.perf_counter() - began)
    print(f"{name:<24}{min(seconds):>8.2f}{statistics.median(seconds):>8.2f}")
    return min(seconds)


if __name__ == "__main__":
    main()
