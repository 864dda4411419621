import math
from types import SimpleNamespace

import pytest
import torch
from pytorch_lightning.trainer.states import TrainerFn

from mmfusion.config.names import MONITOR
from mmfusion.training.callbacks.early_stopping import EarlyStopping


def waited(values, patience=2):
    """How many validations were no better after each of them, and whether training was to stop."""
    stopping = EarlyStopping(MONITOR, patience=patience, mode="max", check_on_train_epoch_end=False)
    state = SimpleNamespace(fn=TrainerFn.FITTING)
    strategy = SimpleNamespace(reduce_boolean_decision=lambda decision, all: decision)
    trainer = SimpleNamespace(
        state=state, sanity_checking=False, should_stop=False, current_epoch=1, strategy=strategy, fast_dev_run=False,
        world_size=1, global_rank=0,
    )  # fmt: skip
    counts = []
    for value in values:
        trainer.callback_metrics = {} if value is None else {MONITOR: torch.tensor(value)}
        stopping.on_validation_end(trainer, None)
        counts.append(stopping.wait_count)
    return counts, trainer.should_stop


def test_validations_that_are_no_better_stop_training():
    assert waited([0.5, 0.6, 0.6, 0.5]) == ([0, 0, 1, 2], True)


@pytest.mark.parametrize("first", [[], [0.5]])
def test_what_is_not_a_number_counts_for_nothing(first):
    counts, stopped = waited([*first, math.nan, math.nan, math.nan, 0.6])
    assert (counts, stopped) == ([0] * (len(first) + 4), False)
    assert waited([0.5, math.nan, 0.4, math.nan, 0.4]) == ([0, 0, 1, 1, 2], True)


def test_a_monitored_number_that_nobody_logged_is_an_error():
    with pytest.raises(RuntimeError, match=MONITOR):
        waited([None])
