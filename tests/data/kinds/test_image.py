import struct
import zlib

import numpy as np
import PIL.Image
import pytest
import torch

from mmfusion.data.errors import DecodeError
from mmfusion.data.kinds.image import Image
from tests.data.kinds.pictures import chunk, picture


@pytest.mark.parametrize(("how", "black"), [("squash", False), ("crop", False), ("fit", True)])
def test_resize(how, black):
    wide = np.full((10, 40), 200, dtype=np.uint8)
    decoded = Image(size=[20, 20], channels=1, resize=how).decode(wide, None)
    assert decoded.shape == (1, 20, 20)
    assert bool((decoded == 0).any()) is black
    assert decoded[0, 10, 10] == 200


def test_crop_keeps_the_middle():
    image = np.zeros((10, 30), dtype=np.uint8)
    image[:, 10:20] = 255
    assert (Image(size=[10, 10], channels=1, resize="crop").decode(image, None) == 255).all()


def test_arrays_and_tensors_are_taken_as_they_are():
    pixels = picture()
    pixels.flags.writeable = False
    expected = torch.from_numpy(pixels.copy()).permute(2, 0, 1)
    assert torch.equal(Image().decode(pixels, None), expected)
    assert torch.equal(Image().decode(torch.from_numpy(pixels.copy()), None), expected)
    assert Image(channels=1).decode(picture(channels=1)[:, :, None], None).shape == (1, 6, 8)


NO_IMAGES = [np.zeros((4, 4)), np.zeros((3, 4, 5), np.uint8), np.zeros(4, np.uint8), ["a.png"], [[1, 2], [3, 4]]]


@pytest.mark.parametrize("array", NO_IMAGES)
def test_other_arrays_are_refused(array):
    with pytest.raises(DecodeError, match=r"uint8 \[H, W\] or \[H, W, C\].*found"):
        Image().decode(array, None)


@pytest.mark.parametrize("suffix", ["jpg", "png", "bmp", "webp"])
def test_truncated_file_is_an_error_never_half_grey(tmp_path, suffix):
    PIL.Image.fromarray(picture(64, 64)).save(tmp_path / f"a.{suffix}")
    whole = (tmp_path / f"a.{suffix}").read_bytes()
    for share in (0.2, 0.5, 0.9):
        (tmp_path / f"b.{suffix}").write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(DecodeError, match=rf"b\.{suffix}: "):
            Image().decode(f"b.{suffix}", tmp_path)


def test_html_named_jpg(tmp_path):
    (tmp_path / "a.jpg").write_text("<html>404</html>")
    with pytest.raises(DecodeError, match=r"a\.jpg: not an image of a known format \(PNG, JPEG"):
        Image().decode("a.jpg", tmp_path)


def bomb(width, height):
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [9000, 11_000, 50_000])
def test_decompression_bomb_is_refused_by_its_header(tmp_path, side):
    (tmp_path / "a.png").write_bytes(bomb(side, side))
    with pytest.raises(DecodeError, match=r"a\.png: .*max_pixels"):
        Image().decode("a.png", tmp_path)


def test_max_pixels_of_a_file(tmp_path):
    PIL.Image.fromarray(picture()).save(tmp_path / "a.png")
    with pytest.raises(DecodeError, match="8×6 pixels, the most allowed is 47"):
        Image(max_pixels=47).decode("a.png", tmp_path)


def test_size_is_learned_from_the_first_readable_image_and_any_other_is_refused(tmp_path):
    kind = Image()
    kind.fit(["missing.png", picture(4, 5), picture(9, 9)], tmp_path)
    assert kind.size == (4, 5)
    assert kind.decode(picture(4, 5, seed=1), None).shape == (3, 4, 5)
    PIL.Image.fromarray(picture(64, 48)).save(tmp_path / "big.jpg")
    PIL.Image.fromarray(picture(5, 4)).save(tmp_path / "turned.png")
    message = r"{}: {} pixels \(width×height\), expected 5×4 as in the first training image; .* `size` .*\[4, 5\]"
    loaded = Image()
    loaded.load_state(kind.state())  # a run that is loaded again is as strict
    for item in (kind, loaded):
        for cell, size in (("big.jpg", "48×64"), ("turned.png", "4×5"), (picture(9, 9), "9×9")):
            name = cell if isinstance(cell, str) else r"an array of \[9, 9, 3\]"
            with pytest.raises(DecodeError, match=message.format(name, size)):
                item.decode(cell, tmp_path)


def test_measured_mean_and_std_standardise():
    images = torch.from_numpy(np.stack([picture(seed=i) for i in range(8)])).permute(0, 3, 1, 2)
    kind = Image(size=[6, 8])
    kind.measure(iter([images[:3], images[3:]]))
    x = kind.finish(images)
    torch.testing.assert_close(x.mean((0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(x.std((0, 2, 3), correction=0), torch.ones(3), atol=1e-5, rtol=0)


def test_given_mean_and_std_stay():
    kind = Image(channels=1, mean=[0.5], std=[0.25])
    kind.measure(iter([torch.zeros(1, 1, 2, 2, dtype=torch.uint8)]))
    x = kind.finish(torch.full((1, 1, 1, 1), 255, dtype=torch.uint8))
    torch.testing.assert_close(x, torch.full((1, 1, 1, 1), 2.0))


def test_flat_channel_has_deviation_one():
    kind = Image(channels=1)
    kind.measure(iter([torch.full((2, 1, 2, 2), 51, dtype=torch.uint8)]))
    assert kind.mean == pytest.approx([0.2])
    assert kind.std == [1.0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mean": [0.5] * 3}, "give mean and std both"),
        ({"mean": [0.5], "std": [0.5]}, "mean must have 3 values"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        Image(**options)
