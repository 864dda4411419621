import numpy as np
import PIL.Image
import pytest
import torch

from mmfusion.data.kinds.image import Image
from tests.data.kinds.pictures import chunk, picture, png16, tiff16


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


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_sixteen_bit_colour_is_scaled_not_clipped(tmp_path, suffix):
    pixels = np.array([[[0, 256, 32768], [65535, 1000, 40000]]], dtype=np.uint16)
    (tmp_path / "a").write_bytes(png16(2, pixels) if suffix == "png" else tiff16(pixels))
    decoded = Image().decode("a", tmp_path).permute(1, 2, 0)
    assert np.abs(decoded.numpy() - pixels / 257).max() <= 1


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_sixteen_bit_transparency_is_laid_on_white(tmp_path, suffix):
    pixels = np.zeros((1, 3, 4), dtype=np.uint16)
    pixels[0, :, 0] = 65535
    pixels[0, :, 3] = (0, 65535, 32768)
    (tmp_path / "a").write_bytes(png16(6, pixels) if suffix == "png" else tiff16(pixels))
    decoded = Image().decode("a", tmp_path).permute(1, 2, 0)[0].int()
    expected = torch.tensor([[255, 255, 255], [255, 0, 0], [255, 127, 127]])
    assert (decoded - expected).abs().max() <= 1


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


FORMS = {
    "jpg": {},
    "png": {},
    "webp": {"lossless": True},
    "tiff": {},
    "tif": {"compression": "tiff_lzw"},  # another way through Pillow
}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation(tmp_path, orientation):
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    pixels = picture(2, 3, channels=1)
    PIL.Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    turns = [pixels, pixels[:, ::-1], pixels[::-1, ::-1], pixels[::-1]]
    turns += [pixels.T, np.rot90(pixels, -1), pixels[::-1, ::-1].T, np.rot90(pixels)]
    decoded = Image(channels=1).decode("a.png", tmp_path)
    np.testing.assert_array_equal(decoded[0].numpy(), turns[orientation - 1])


def test_exif_behind_the_pixels_of_a_png_counts_too(tmp_path):
    exif = PIL.Image.Exif()
    exif[0x0112] = 3
    pixels = picture(2, 3, channels=1)
    PIL.Image.fromarray(pixels).save(tmp_path / "a.png")
    whole, end = (tmp_path / "a.png").read_bytes(), chunk(b"IEND", b"")
    assert whole.endswith(end)
    (tmp_path / "a.png").write_bytes(whole.removesuffix(end) + chunk(b"eXIf", exif.tobytes()[6:]) + end)
    np.testing.assert_array_equal(Image(channels=1).decode("a.png", tmp_path)[0].numpy(), pixels[::-1, ::-1])


DAMAGED = [
    b"II*\x00",
    b"junk",
    b"MM\x00*\x00\x00\x00\x08\x00\x05\x01\x12",
    b"II*\x00\x08\x00\x00\x00\xff\xff" + b"\x12\x01" * 9,
]


@pytest.mark.filterwarnings("ignore:(Corrupt|Possibly corrupt) EXIF data")
@pytest.mark.parametrize("exif", DAMAGED)
@pytest.mark.parametrize("suffix", ["png", "webp", "jpg"])
def test_damaged_exif_leaves_sound_pixels_alone(tmp_path, suffix, exif):
    image = PIL.Image.fromarray(np.full((6, 8, 3), 90, dtype=np.uint8))
    exif = b"Exif\0\0" + exif if suffix == "jpg" else exif
    image.save(tmp_path / f"a.{suffix}", exif=exif, **FORMS[suffix])
    assert (Image().decode(f"a.{suffix}", tmp_path).int() - 90).abs().max() <= 1


def test_exif_rotation_is_applied(tmp_path):
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 270° for display
    pixels = np.zeros((16, 32), dtype=np.uint8)
    pixels[:, :16] = 255  # left as stored, at the top once turned
    for suffix, options in FORMS.items():
        PIL.Image.fromarray(pixels).save(tmp_path / f"a.{suffix}", exif=exif, **options)
        decoded = Image(channels=1).decode(f"a.{suffix}", tmp_path)
        assert decoded.shape == (1, 32, 16), suffix
        assert decoded[0, :8].min() > 250, suffix
        assert decoded[0, -8:].max() < 5, suffix
