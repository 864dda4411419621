from types import SimpleNamespace

import pytest

from mmfusion.training.callbacks import speed as speed_module
from mmfusion.training.callbacks.speed import Span, Speed


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test sets by hand."""
    now = SimpleNamespace(time=0.0)
    monkeypatch.setattr(speed_module, "perf_counter", lambda: now.time)
    return now


def step(speed, clock, arrives, ends, rows=1, world_size=1):
    clock.time, batch = arrives, [None] * rows
    speed.on_train_batch_start(None, None, batch, 0)
    clock.time = ends
    speed.on_train_batch_end(SimpleNamespace(world_size=world_size), None, None, batch, 0)


def test_time_is_divided_into_waiting_and_working(clock):
    speed = Speed()
    clock.time = 10.0
    speed.on_train_epoch_start(None, None)
    step(speed, clock, arrives=11.0, ends=14.0, rows=5, world_size=2)  # waits 1 of 4
    assert speed.recent == Span(4.0, 1.0, 10)
    assert speed.whole == Span()  # the first step is left out
    speed.recent = Span()
    step(speed, clock, arrives=15.0, ends=16.0, rows=5, world_size=2)  # waits 1 of 2
    clock.time = 116.0
    speed.on_validation_end(None, None)  # 100 s of validation are in neither
    step(speed, clock, arrives=116.5, ends=118.0, rows=5, world_size=2)  # waits 0.5 of 2
    assert (speed.recent.rows_per_second(), speed.recent.waiting()) == pytest.approx((20 / 4, 1.5 / 4))
    assert speed.whole == Span(4.0, 1.5, 20)


def test_what_the_log_takes_is_work_and_no_waiting(clock):
    speed = Speed()
    speed.on_train_epoch_start(None, None)
    step(speed, clock, arrives=1.0, ends=2.0)
    clock.time = 9.0  # the log waits 7 s for a device that compiles its first step
    speed.worked()
    assert (speed.recent, speed.whole) == (Span(9.0, 1.0, 1), Span())
    speed.recent = Span()
    step(speed, clock, arrives=9.5, ends=10.0)
    clock.time = 14.0
    speed.worked()
    assert speed.recent == Span(5.0, 0.5, 1)
    speed.recent = Span()
    clock.time = 15.0  # a logger that writes over a network
    speed.worked()
    step(speed, clock, arrives=15.25, ends=16.0)
    assert speed.recent == Span(2.0, 0.25, 1)
    assert speed.whole == Span(7.0, 0.75, 2)


def test_nothing_measured_is_no_rate():
    assert (Speed().whole.rows_per_second(), Speed().whole.waiting()) == (0.0, 0.0)
