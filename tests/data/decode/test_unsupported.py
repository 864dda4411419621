import pytest

from mmfusion.data.decode.unsupported import advice_on
from mmfusion.data.errors import DecodeError
from mmfusion.data.kinds.image import Image
from mmfusion.data.kinds.speech import Speech


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
