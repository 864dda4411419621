import struct
import zlib

import numpy as np
import PIL.Image
import pytest
import torch

from mmfusion.data.errors import DecodeError
from mmfusion.data.kinds.image import Image
from mmfusion.data.paths import PathError


def picture(height=6, width=8, channels=3, seed=0):
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("suffix", ["png", "bmp", "webp", "tiff"])
def test_lossless_formats_give_their_pixels(tmp_path, suffix):
    pixels = picture()
    PIL.Image.fromarray(pixels).save(tmp_path / f"a.{suffix}", **({"lossless": True} if suffix == "webp" else {}))
    decoded = Image().decode(f"a.{suffix}", tmp_path)
    assert decoded.dtype == torch.uint8
    assert torch.equal(decoded, torch.from_numpy(pixels).permute(2, 0, 1))


def test_jpeg_comes_close(tmp_path):
    pixels = np.full((16, 16, 3), (200, 50, 100), dtype=np.uint8)
    PIL.Image.fromarray(pixels).save(tmp_path / "a.jpg", quality=95)
    decoded = Image().decode("a.jpg", tmp_path).permute(1, 2, 0).int()
    assert (decoded - torch.from_numpy(pixels).int()).abs().max() < 5


def test_large_jpeg_decoded_small_is_close_to_all_of_it(tmp_path):
    ramp = np.linspace(0, 255, 512).astype(np.uint8)
    PIL.Image.fromarray(np.tile(ramp, (512, 1))).save(tmp_path / "a.jpg", quality=95)
    small = Image(size=[16, 16], channels=1).decode("a.jpg", tmp_path)
    whole = Image(channels=1).decode("a.jpg", tmp_path).float()
    means = torch.nn.functional.adaptive_avg_pool2d(whole, 16)
    assert (small.float() - means).abs().max() < 6


def test_grey_to_colour_and_back(tmp_path):
    grey = picture(channels=1)
    PIL.Image.fromarray(grey).save(tmp_path / "grey.png")
    assert torch.equal(Image(channels=1).decode("grey.png", tmp_path)[0], torch.from_numpy(grey))
    colour = Image(channels=3).decode("grey.png", tmp_path)
    assert all(torch.equal(channel, torch.from_numpy(grey)) for channel in colour)
    PIL.Image.fromarray(np.stack([grey] * 3, 2)).save(tmp_path / "rgb.png")
    assert torch.equal(Image(channels=1).decode("rgb.png", tmp_path)[0], torch.from_numpy(grey))


def test_sixteen_bit_grey_is_scaled_not_clipped(tmp_path):
    values = np.array([[0, 256, 32768, 65535]], dtype=np.uint16)
    PIL.Image.fromarray(values).save(tmp_path / "a.png")
    assert Image(channels=1).decode("a.png", tmp_path).flatten().tolist() == [0, 1, 128, 255]


def test_transparency_is_laid_on_white(tmp_path):
    pixels = np.zeros((1, 3, 4), dtype=np.uint8)
    pixels[0, :, 3] = (0, 255, 128)
    PIL.Image.fromarray(pixels).save(tmp_path / "a.png")
    assert Image(channels=1).decode("a.png", tmp_path).flatten().tolist() == [255, 0, 127]


def test_palette_with_transparency(tmp_path):
    image = PIL.Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putdata([0, 1])
    image.save(tmp_path / "a.png", transparency=0)
    assert Image().decode("a.png", tmp_path)[:, 0].T.tolist() == [[255, 255, 255], [40, 50, 60]]


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_exif_rotation_is_applied(tmp_path, suffix):
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 270° for display
    pixels = np.zeros((16, 32), dtype=np.uint8)
    pixels[:, :16] = 255  # left as stored, at the top once turned
    PIL.Image.fromarray(pixels).save(tmp_path / f"a.{suffix}", exif=exif)
    decoded = Image(channels=1).decode(f"a.{suffix}", tmp_path)
    assert decoded.shape == (1, 32, 16)
    assert decoded[0, :8].min() > 250
    assert decoded[0, -8:].max() < 5


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


@pytest.mark.parametrize("array", [np.zeros((4, 4)), np.zeros((3, 4, 5), np.uint8), np.zeros(4, np.uint8)])
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


def test_missing_file(tmp_path):
    with pytest.raises(DecodeError, match=r"a\.jpg: there is no such file"):
        Image().decode("a.jpg", tmp_path)


def test_path_outside_the_root(tmp_path):
    with pytest.raises(PathError, match="outside the media root"):
        Image().decode("../a.jpg", tmp_path)


def bomb(width, height):
    def chunk(tag, data):
        return struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [9000, 11_000, 50_000])
def test_decompression_bomb_is_refused_by_its_header(tmp_path, side):
    (tmp_path / "a.png").write_bytes(bomb(side, side))
    with pytest.raises(DecodeError, match=r"a\.png: .*max_pixels"):
        Image().decode("a.png", tmp_path)


def test_max_pixels_counts_pixels():
    assert Image(max_pixels=48).decode(picture(), None).shape == (3, 6, 8)


def test_max_pixels_of_a_file(tmp_path):
    PIL.Image.fromarray(picture()).save(tmp_path / "a.png")
    with pytest.raises(DecodeError, match="8×6 pixels, the most allowed is 47"):
        Image(max_pixels=47).decode("a.png", tmp_path)


def test_size_is_learned_from_the_first_readable_image_and_then_enforced(tmp_path):
    kind = Image()
    kind.fit(["missing.png", picture(4, 5), picture(9, 9)], tmp_path)
    assert kind.size == (4, 5)
    assert kind.decode(picture(9, 9), None).shape == (3, 4, 5)


def test_fit_without_any_readable_image(tmp_path):
    with pytest.raises(DecodeError, match="no such file"):
        Image().fit(["missing.png"], tmp_path)


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


def test_state_travels():
    kind = Image()
    kind.fit([picture(4, 5)], None)
    kind.measure(iter([kind.decode(picture(4, 5), None)[None]]))
    other = Image()
    other.load_state(kind.state())
    assert other.encoder_arguments() == {"channels": 3}
    stored = kind.decode(picture(4, 5, seed=1), None)[None]
    assert torch.equal(kind.finish(stored), other.finish(stored))
    assert torch.equal(kind.blank(), other.blank())
    assert kind.blank().shape == (3, 4, 5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channels": 4}, "channels must be 1 or 3, found 4"),
        ({"size": [4]}, "size must be"),
        ({"resize": "stretch"}, "resize must be one of squash"),
        ({"mean": [0.5] * 3}, "give mean and std both"),
        ({"mean": [0.5], "std": [0.5]}, "mean must have 3 values"),
        ({"mean": [0.5] * 3, "std": [0.0] * 3}, "std must be positive"),
        ({"max_pixels": 0}, "max_pixels must lie"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        Image(**options)
