import os
import signal
import threading
import time

import pytest

from mmfusion.runs.stopping import StopOnSignals, Stopped


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_becomes_an_exit_code_and_a_second_does_not_disturb_the_clean_up(number, code):
    before = signal.getsignal(number)
    stop, cleaned = StopOnSignals(), []

    def work():
        with stop.active():
            try:
                os.kill(os.getpid(), number)
                time.sleep(3600)
            finally:
                os.kill(os.getpid(), number)
                time.sleep(0.01)
                cleaned.append(True)

    with pytest.raises(Stopped) as caught:
        work()
    assert (caught.value.code, stop.number, cleaned) == (code, number, [True])
    assert str(caught.value) == f"stopped by {signal.Signals(number).name}"
    assert signal.getsignal(number) is before


def test_once_the_run_is_over_a_signal_is_no_reason_any_more():
    stop = StopOnSignals()
    with stop.active():
        stop.disarm()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.01)
    assert stop.number is None


def test_it_takes_its_place_back_from_lightning():
    stop = StopOnSignals()
    with stop.active():
        for hook in (stop.on_sanity_check_start, stop.on_train_start, stop.on_test_start):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            hook(None, None)
            assert signal.getsignal(signal.SIGTERM) == stop._handle


def test_a_forked_worker_ends_as_if_nothing_had_been_installed():
    stop = StopOnSignals()
    with stop.active():
        ready, begun = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.write(begun, b"x")
                time.sleep(3600)
            finally:
                os._exit(99)
        os.read(ready, 1)
        os.close(ready)
        os.close(begun)
        os.kill(child, signal.SIGTERM)
        _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGTERM
    assert stop.number is None


def test_in_another_thread_nothing_is_touched():
    before, seen = signal.getsignal(signal.SIGTERM), []

    def work():
        with StopOnSignals().active():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
