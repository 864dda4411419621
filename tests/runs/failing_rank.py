"""`mmfusion train` in which rank 1 fails in its third step; `test_ranks.py` starts it."""

import os

from mmfusion import cli
from mmfusion.training.module import MultiTaskModule

step = MultiTaskModule.training_step


def failing(module, batch, batch_idx):
    if os.environ["RANK"] == "1" and module.global_step == 2:
        raise ValueError("the third step is too much")
    return step(module, batch, batch_idx)


def main(words):
    MultiTaskModule.training_step = failing
    return cli.main(["train", *words])
