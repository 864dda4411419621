from types import SimpleNamespace

import pytest

from mmfusion.training.callbacks import speed as room
from mmfusion.training.callbacks.speed import Speed


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test sets by hand."""
    now = SimpleNamespace(time=0.0)
    monkeypatch.setattr(room, "perf_counter", lambda: now.time)
    return now


def test_time_is_divided_into_waiting_and_working(clock):
    speed, trainer = Speed(), SimpleNamespace(world_size=2)
    batch = [None] * 5

    def step(arrives, ends):
        clock.time = arrives
        speed.on_train_batch_start(trainer, None, batch, 0)
        clock.time = ends
        speed.on_train_batch_end(trainer, None, None, batch, 0)

    clock.time = 10.0
    speed.on_train_epoch_start(trainer, None)
    step(arrives=11.0, ends=14.0)  # waits 1 of 4
    assert (speed.recent.seconds, speed.recent.waited, speed.recent.rows) == (4.0, 1.0, 10)
    assert speed.whole.seconds == 0.0  # the first step is left out
    speed.restart()
    step(arrives=15.0, ends=16.0)  # waits 1 of 2
    clock.time = 116.0
    speed.on_validation_end(trainer, None)  # 100 s of validation are nobody's
    step(arrives=116.5, ends=118.0)  # waits 0.5 of 2
    assert speed.recent.rows_per_second() == pytest.approx(20 / 4)
    assert speed.recent.waiting() == pytest.approx(1.5 / 4)
    assert (speed.whole.seconds, speed.whole.waited, speed.whole.rows) == (4.0, 1.5, 20)


def test_what_the_log_takes_is_work_and_no_waiting(clock):
    speed, trainer = Speed(), SimpleNamespace(world_size=1)

    def step(arrives, ends):
        clock.time = arrives
        speed.on_train_batch_start(trainer, None, [None], 0)
        clock.time = ends
        speed.on_train_batch_end(trainer, None, None, [None], 0)

    speed.on_train_epoch_start(trainer, None)
    step(arrives=1.0, ends=2.0)
    clock.time = 9.0  # the log waits 7 s for a device that compiles its first step
    speed.worked()
    assert (speed.recent.seconds, speed.recent.waited, speed.whole.seconds) == (9.0, 1.0, 0.0)
    speed.restart()
    step(arrives=9.5, ends=10.0)
    clock.time = 14.0
    speed.worked()
    assert (speed.recent.seconds, speed.recent.waited) == (5.0, 0.5)
    speed.restart()
    clock.time = 15.0  # a logger that writes over a network
    speed.worked()
    step(arrives=15.25, ends=16.0)
    assert (speed.recent.seconds, speed.recent.waited, speed.recent.rows) == (2.0, 0.25, 1)
    assert (speed.whole.seconds, speed.whole.waited, speed.whole.rows) == (7.0, 0.75, 2)


def test_nothing_measured_is_no_rate():
    assert (Speed().whole.rows_per_second(), Speed().whole.waiting()) == (0.0, 0.0)
