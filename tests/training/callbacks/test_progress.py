import io
import math
import re

import pytest
from rich.console import Console

from mmfusion.training.callbacks.monitor import Goal, Monitor
from mmfusion.training.callbacks.progress import ProgressBar, ProgressLines, _batches
from mmfusion.training.noise import quiet
from tests.training.small import QUIET, loader, make_batch, make_module, make_trainer

pytestmark = QUIET


def test_the_bar_shows_epochs_and_the_monitor_and_goes_away(tmp_path, monkeypatch):
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=200, legacy_windows=False)
    monkeypatch.setattr("rich.console.Console", lambda stderr: console)
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
        ({"max_epochs": -1}, math.inf),
    ],
)
def test_how_many_batches_there_will_be(tmp_path, options, total):
    with quiet():
        trainer = make_trainer(tmp_path, **options)
    trainer.fit_loop.max_batches = 10
    assert _batches(trainer) == total
    trainer.fit_loop.max_batches = math.inf
    assert _batches(trainer) in (math.inf, total)


def test_without_a_terminal_there_is_a_line_every_half_minute(tmp_path, capsys):
    now = iter(range(0, 10_000, 10))  # each look at the clock is ten seconds after the last
    monitor = Monitor(Goal({"val/kind/accuracy": 1.0}, "max"))
    lines = ProgressLines(monitor, lambda: float(next(now)))
    trainer = make_trainer(tmp_path, callbacks=[monitor, lines], max_epochs=2, num_sanity_val_steps=1)
    with quiet():
        trainer.fit(make_module(), loader([make_batch(4)] * 6), loader([make_batch(4, 1)]))
        trainer.test(make_module(), loader([make_batch(4)] * 4), verbose=False)
    shown = [line for line in capsys.readouterr().err.splitlines() if "batch" in line]
    assert re.fullmatch(r"epoch 1/2, batch 2 of 12, loss [\d.]+, 3 min left", shown[0]), shown
    second = r"epoch 2/2, batch \d+ of 12, loss [\d.]+, val/kind/accuracy [\d.]+ \(best [\d.]+\), \d+ s left"
    assert any(re.fullmatch(second, line) for line in shown), shown
    assert re.fullmatch(r"test: batch [234] of 4, \d+ s left", shown[-1]), shown
    assert len(shown) < 10


def test_a_short_run_writes_nothing(tmp_path, capsys):
    trainer = make_trainer(tmp_path, callbacks=[ProgressLines(None, lambda: 0.0)], max_epochs=1)
    with quiet():
        trainer.fit(make_module(), loader([make_batch(4)] * 3), loader([make_batch(4, 1)]))
    assert "batch" not in capsys.readouterr().err
