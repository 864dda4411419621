import io
import time
from contextlib import redirect_stderr

import pytest

from mmfusion import progress
from mmfusion.progress import Lines, busy, track
from tests.helpers.waiting import until


class Terminal(io.StringIO):
    def isatty(self):
        return True

    def shown(self):
        # Within the test: pytest sets standard error anew after the fixtures.
        return redirect_stderr(self)


@pytest.fixture
def screen(monkeypatch):
    """A terminal on which everything shows at once; standard error within `with screen.shown():`."""
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


def wait_for(screen, text):
    until(lambda: text in screen.getvalue())


def test_a_bar_counts_on_standard_error(screen, capsys):
    with screen.shown():
        assert list(track(range(5), 5, "reading x")) == [0, 1, 2, 3, 4]
    assert "reading x" in screen.getvalue()
    assert "5/5" in screen.getvalue()
    assert capsys.readouterr().out == ""


def test_what_has_no_steps_is_named(screen, capsys):
    with screen.shown(), busy("thinking"):
        wait_for(screen, "thinking …")
    assert capsys.readouterr().out == ""


def test_what_is_printed_meanwhile_still_goes_to_standard_output(screen, capsys):
    with screen.shown(), busy("thinking"):
        wait_for(screen, "thinking …")
        print("result")
    with screen.shown():
        for _ in track(range(2), 2, "reading"):
            print("row")
    assert capsys.readouterr().out == "result\nrow\nrow\n"


def test_a_bar_takes_the_place_of_the_spinner_which_then_goes_on(screen):
    with screen.shown(), busy("outer"), busy("inner"):
        wait_for(screen, "outer …")
        drawn = [
            progress._Spinner.current._bar for _ in track(range(3), 3, "reading") if "reading" in screen.getvalue()
        ]
        assert drawn
        assert not any(drawn)
        until(lambda: progress._Spinner.current._bar is not None)
    assert progress._Spinner.current is None
    assert "inner" not in screen.getvalue()


def test_what_is_quick_or_off_a_terminal_shows_nothing(screen, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 30.0)
    with screen.shown(), busy("thinking"):
        assert list(track(range(3), 3, "reading")) == [0, 1, 2]
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setattr(screen, "isatty", lambda: False)
    with screen.shown(), busy("thinking"):
        time.sleep(0.05)
        assert list(track(range(3), 3, "reading")) == [0, 1, 2]
    assert screen.getvalue() == ""


def test_a_failure_takes_it_off_the_screen(screen):
    with pytest.raises(ValueError, match="broken"), screen.shown(), busy("thinking"):
        raise ValueError("broken")
    assert progress._Spinner.current is None


def test_without_a_terminal_there_is_a_line_every_half_minute(capsys):
    now = iter(range(0, 10_000, 10))
    assert list(track(range(7), 7, "reading x", lambda: float(next(now)))) == list(range(7))
    written = capsys.readouterr().err.splitlines()
    assert written == ["reading x: 3 of 7, 53 s left", "reading x: 5 of 7, 28 s left", "reading x: 7 of 7, 0 s left"]


@pytest.mark.parametrize(
    ("seconds", "spoken"), [(0.4, "0 s"), (89, "89 s"), (150, "2 min"), (5400, "1 h 30 min"), (7260, "2 h 01 min")]
)
def test_the_time_that_is_left(seconds, spoken):
    now = iter([0.0, float(seconds)])
    assert Lines(lambda: next(now)).left(0.5) == f", {spoken} left"
    assert Lines().left(0.0) == ""
