import pytest
from pytorch_lightning.loggers.logger import Logger

from mmfusion.training.loggers.fault_tolerant import FaultTolerantLogger

LOST = ConnectionError("no route to host\nmany details")


class Tracker(Logger):
    """Notes its calls, and fails at one call."""

    name, version = "tracker", "7"

    def __init__(self, fails_at="", error=LOST):
        super().__init__()
        self.calls, self.fails_at, self.error = [], fails_at, error

    def _note(self, call, *what):
        self.calls.append((call, *what))
        if call == self.fails_at:
            raise self.error

    def log_metrics(self, metrics, step=None):
        self._note("metrics", metrics, step)

    def log_hyperparams(self, params, *args, **kwargs):
        self._note("hyperparams", params)

    def save(self):
        self._note("save")

    def finalize(self, status):
        self._note("finalize", status)

    def finish(self, exit_code):
        self._note("finish", exit_code)


def call_all(tracker):
    logger = FaultTolerantLogger("mine", tracker)
    logger.log_hyperparams({"a": 1})
    logger.log_metrics({"loss": 1.0}, step=3)
    logger.save()
    logger.finalize("success")
    logger.finish(143)
    return tracker.calls


def test_everything_is_handed_on(capsys):
    assert call_all(Tracker()) == [
        ("hyperparams", {"a": 1}),
        ("metrics", {"loss": 1.0}, 3),
        ("save",),
        ("finalize", "success"),
        ("finish", 143),
    ]
    assert capsys.readouterr().err == ""


ALL = ["hyperparams", "metrics", "save", "finalize", "finish"]


@pytest.mark.parametrize("fails_at", ["hyperparams", "metrics", "save", "finish"])
def test_after_a_failure_it_gets_nothing_more_but_the_end(fails_at, capsys):
    calls = [call for call, *_ in call_all(Tracker(fails_at))]
    before = ALL[: ALL.index(fails_at) + 1]
    assert calls == (before if fails_at == "finish" else [*before, "finish"])
    message = "mmfusion: logger mine failed and gets nothing more; metrics.csv goes on ("
    assert capsys.readouterr().err == f"{message}ConnectionError: no route to host)\n"


def test_one_that_fails_at_the_end_as_well_is_reported_once(capsys):
    tracker = Tracker("metrics")
    tracker.finish = lambda exit_code: 1 / 0
    call_all(tracker)
    assert capsys.readouterr().err.count("logger mine failed") == 1


def test_what_ends_the_process_goes_through():
    with pytest.raises(KeyboardInterrupt):
        call_all(Tracker("metrics", KeyboardInterrupt()))


def test_a_tracker_that_keeps_nothing_open_is_not_finished():
    tracker = Tracker()
    tracker.finish = None
    assert call_all(tracker)[-1] == ("finalize", "success")
