"""`mmfusion train` in which rank 1 fails in its third step; `test_ranks.py` starts it through torchrun."""

import os
import sys

from mmfusion.cli import main
from mmfusion.training.module import MultiTaskModule

step = MultiTaskModule.training_step


def failing(module, batch, batch_idx):
    if os.environ["RANK"] == "1" and module.global_step == 2:
        raise ValueError("the third step is too much")
    return step(module, batch, batch_idx)


if __name__ == "__main__":
    MultiTaskModule.training_step = failing
    sys.exit(main(["train", *sys.argv[1:]]))
