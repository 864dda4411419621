import io
import math

import pytest
from rich.console import Console

from mmfusion.training.callbacks import progress
from mmfusion.training.callbacks.monitor import Goal, Monitor
from mmfusion.training.callbacks.progress import ProgressBar, _batches
from mmfusion.training.noise import quiet
from tests.training.parts import QUIET, loader, make_batch, make_module, make_trainer

pytestmark = QUIET


def test_the_bar_shows_epochs_and_the_monitor_and_goes_away(tmp_path, monkeypatch):
    screen = io.StringIO()
    monkeypatch.setattr(
        progress, "Console", lambda file: Console(file=screen, force_terminal=True, width=200, legacy_windows=False)
    )
    monitor = Monitor(Goal({"val/kind/accuracy": 1.0}, "max"))
    bar = ProgressBar(monitor)
    trainer = make_trainer(tmp_path, callbacks=[monitor, bar], max_epochs=2, num_sanity_val_steps=1)
    with quiet():
        trainer.fit(make_module(), loader([make_batch(4)] * 3), loader([make_batch(4, 1)]))
        trainer.test(make_module(), loader([make_batch(4)]), verbose=False)
    shown = screen.getvalue()
    for text in ("training", "epoch 2/2", "val/kind/accuracy", "best", "test", "100%"):
        assert text in shown, text
    assert bar._bar is None


def test_nothing_is_drawn_after_a_failure(tmp_path):
    class Broken(ProgressBar):
        def on_train_batch_end(self, *arguments):
            raise RuntimeError("broken")

    bar = Broken()
    trainer = make_trainer(tmp_path, callbacks=[bar], max_epochs=1)
    with quiet(), pytest.raises(RuntimeError, match="broken"):
        trainer.fit(make_module(), loader([make_batch(4)]))
    assert bar._bar is None


@pytest.mark.parametrize(
    ("options", "total"),
    [
        ({"max_epochs": 3}, 30),
        ({"max_epochs": -1, "max_steps": 4}, 4),
        ({"max_epochs": 3, "max_steps": 4, "accumulate_grad_batches": 2}, 8),
        ({"max_epochs": -1}, None),
    ],
)
def test_how_many_batches_there_will_be(tmp_path, options, total):
    with quiet():
        trainer = make_trainer(tmp_path, **options)
    trainer.fit_loop.max_batches = 10
    assert _batches(trainer) == total
    trainer.fit_loop.max_batches = math.inf
    assert _batches(trainer) in (None, total)
