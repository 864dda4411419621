"""A run whose disk is full when it comes to save a checkpoint; `test_full_disk.py` starts it where such a disk is made.

Prints what the run leaves, because nobody else sees that disk.
"""

import json
import sys
from pathlib import Path

from mmfusion.cli import main
from mmfusion.training.callbacks.checkpoint import Checkpoints

save = Checkpoints.save


def fill(folder):
    """Take all that is left of the disk, to the last block."""
    with (folder / "filler").open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue


def main_with(checkpoint, run, words):
    def saved(trainer, path):
        if path.name == checkpoint:
            fill(Path(run))
        save(trainer, path)

    Checkpoints.save = staticmethod(saved)
    code = main(["train", *words, f"paths.run={run}"])
    files = sorted(path.name for path in (Path(run) / "checkpoints").iterdir())
    print(json.dumps({"code": code, "files": files, "result": json.loads((Path(run) / "result.json").read_text())}))


if __name__ == "__main__":
    main_with(sys.argv[1], sys.argv[2], sys.argv[3:])
