import struct
import zlib

import pytest

from mmfusion.data.decode.broken import decoding
from mmfusion.data.decode.paths import PathError
from mmfusion.data.errors import DataError, DecodeError


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError("truncated"), "truncated"),
        (ValueError("odd"), "odd"),
        (struct.error("unpack"), r"error\('unpack'\)"),
        (zlib.error("bad block"), r"error\('bad block'\)"),
        (KeyError("x.npy"), r"KeyError\('x\.npy'\)"),
        (ZeroDivisionError(), "ZeroDivisionError"),
        (AssertionError(), "AssertionError"),
    ],
)
def test_whatever_goes_wrong_names_the_file(error, said):
    with pytest.raises(DecodeError, match=rf"^a\.png: cannot be read: {said}"), decoding("a.png", "/media"):
        raise error


def test_a_missing_file_names_the_root_where_there_is_one():
    with pytest.raises(DecodeError, match=r"^a\.png: there is no such file under /media$"), decoding("a.png", "/media"):
        raise FileNotFoundError("a.png")
    with pytest.raises(DecodeError, match=r"^a\.png: there is no such file$"), decoding("a.png"):
        raise FileNotFoundError("a.png")


@pytest.mark.parametrize("error", [DecodeError("said"), PathError("a.png", "outside"), DataError("no"), MemoryError()])
def test_what_says_itself_what_is_wrong_passes(error):
    with pytest.raises(type(error)) as caught, decoding("a.png"):
        raise error
    assert caught.value is error


def test_keyboard_interrupts_pass():
    with pytest.raises(KeyboardInterrupt), decoding("a.png"):
        raise KeyboardInterrupt
