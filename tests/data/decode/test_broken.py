import struct
import zlib

import pytest

from mmfusion.data.decode.broken import advice_on, decoding
from mmfusion.data.decode.paths import PathError
from mmfusion.data.errors import DataError, DecodeError
from mmfusion.data.kinds.image import Image
from mmfusion.data.kinds.speech import Speech


@pytest.mark.parametrize(
    ("error", "message"),
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
def test_whatever_goes_wrong_names_the_file(error, message):
    with pytest.raises(DecodeError, match=rf"^a\.png: cannot be read: {message}"), decoding("a.png", "/media"):
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


@pytest.mark.parametrize("kind", [Image(), Speech()])
def test_a_video_in_a_column_of_media_says_that_videos_are_not_read(tmp_path, kind):
    (tmp_path / "a.MP4").write_bytes(b"\0\0\0\x18ftypmp42" + b"\0" * 99)
    with pytest.raises(DecodeError, match=r"a\.MP4: .*videos are not read; take frames"):
        kind.decode("a.MP4", tmp_path)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("a.gif", "convert them to PNG or JPEG"),
        ("scan.DCM", "convert them to PNG or JPEG"),
        ("a.m4a", "ffmpeg -i a.m4a a.wav"),
        ("a.pdf", "put their text into a column"),
        ("a.png", ""),
    ],
)
def test_what_to_do_about_other_formats(name, advice):
    assert advice in advice_on(name)
    assert bool(advice_on(name)) is bool(advice)
