"""Images: PNG, JPEG, WebP, BMP or TIFF files, or uint8 arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
import PIL.ExifTags
import PIL.Image
import PIL.ImageOps
import torch
from annotated_types import Ge, Gt, Interval, Len
from torch import Tensor

from mmfusion.batch import Input
from mmfusion.data.decode.arrays import in_memory
from mmfusion.data.decode.broken import advice_on, decoding
from mmfusion.data.decode.parallel import first_decoded
from mmfusion.data.decode.paths import Root, open_media, path_columns, resolve_path
from mmfusion.data.errors import DecodeError
from mmfusion.data.kinds._base import Kind

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")  # Pillow opens MPO, a JPEG of several images, as JPEG
Resize = Literal["squash", "fit", "crop"]
_SAY_ROTATION = ("exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp")
_PIL_LIMIT = 178_956_970  # above this Pillow refuses by itself
_TURNS = {
    2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
    3: PIL.Image.Transpose.ROTATE_180,
    4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
    5: PIL.Image.Transpose.TRANSPOSE,
    6: PIL.Image.Transpose.ROTATE_270,
    7: PIL.Image.Transpose.TRANSVERSE,
    8: PIL.Image.Transpose.ROTATE_90,
}


class Image(Kind):
    """uint8 `[C, H, W]` in memory, `(x/255 − mean) / std` float `[B, C, H, W]` in a batch.

    EXIF rotation is applied, transparency is laid on white, 16 bits are scaled to 8. A truncated file is an error;
    damaged EXIF turns nothing and does no harm. Large JPEGs are decoded at a half, a quarter or an eighth where that
    still is twice the wanted size.

    Args:
        column: the manifest's column, with paths or arrays uint8 `[H, W]` or `[H, W, C]`, or those of folders and file
            whose cells make up a path; None: the modality's name.
        size: `[H, W]`; None keeps the images' own, that of the first training image: any other is refused.
        channels: 1 (grey) or 3 (RGB); others are converted.
        resize: squash (ignore the aspect), fit (whole image, black bars) or crop (fill, cut off what is over).
        mean: per channel, of values in 0…1; None: fitted on the training split.
        std: likewise.
        max_pixels: larger images are refused before they are decoded.
    """

    suffixes = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
    encoder_arguments = ("channels",)
    reads_files = True
    largest = 255.0  # pixels in 0…1 are what transforms of brightness and colour need

    def __init__(
        self,
        column: str | Sequence[str] | None = None,
        size: Annotated[Sequence[Annotated[int, Ge(1)]], Len(2, 2)] | None = None,
        channels: Literal[1, 3] = 3,
        resize: Resize = "squash",
        mean: Sequence[float] | None = None,
        std: Sequence[Annotated[float, Gt(0)]] | None = None,
        max_pixels: Annotated[int, Interval(ge=1, le=_PIL_LIMIT)] = 64_000_000,
    ) -> None:
        if (mean is None) != (std is None):
            raise ValueError("image: give mean and std both, or neither to fit them on the training split")
        for name, given in (("mean", mean), ("std", std)):
            if given is not None and len(given) != channels:
                raise ValueError(f"image: {name} must have {channels} values, one a channel, found {list(given)}")
        self.columns = path_columns(column)
        self.size = (size[0], size[1]) if size is not None else None
        self._resizes = size is not None
        self.channels = channels
        self.resize = resize
        self.mean = list(mean) if mean is not None else None
        self.std = list(std) if std is not None else None
        self.max_pixels = max_pixels

    def fit(self, cells: Sequence[Any], root: Root) -> None:
        if self.size is None:
            _, first = first_decoded(self, cells, root)
            self.size = (first.shape[1], first.shape[2])

    def measure(self, chunks: Iterable[Tensor]) -> None:
        if self.mean is not None:
            return
        counts = torch.zeros(self.channels, 256, dtype=torch.int64)
        for chunk in chunks:
            for channel in range(self.channels):
                counts[channel] += torch.bincount(chunk[:, channel].flatten(), minlength=256)
        values = torch.arange(256, dtype=torch.float64) / 255
        share = counts.double() / counts.sum(1, keepdim=True)
        mean = share @ values
        std = (share * (values - mean[:, None]).square()).sum(1).sqrt()
        self.mean = mean.tolist()
        self.std = torch.where(std > 0, std, torch.ones_like(std)).tolist()

    def decode(self, cell: Any, root: Root) -> Tensor:
        array = in_memory(cell)
        if array is not None:
            return self._from_array(array)
        place = resolve_path(root, cell)
        with decoding(str(cell), root):
            try:
                with open_media(place) as file, PIL.Image.open(file, formats=FORMATS) as image:
                    if image.width * image.height > self.max_pixels:
                        found = f"{cell}: {image.width}×{image.height} pixels"
                        raise DecodeError(f"{found}, the most allowed is {self.max_pixels} (max_pixels)")
                    return self._convert(image, str(cell))
            except (PIL.Image.DecompressionBombError, PIL.Image.DecompressionBombWarning):
                raise DecodeError(f"{cell}: more than {self.max_pixels} pixels (max_pixels)") from None
            except PIL.UnidentifiedImageError:
                why = f"not an image of a known format ({', '.join(FORMATS)}){advice_on(str(cell))}"
                raise DecodeError(f"{cell}: {why}") from None

    def finish(self, stored: Input) -> Tensor:
        assert isinstance(stored, Tensor)
        assert self.mean is not None, "finish before measure"
        mean = torch.tensor(self.mean).view(-1, 1, 1)
        std = torch.tensor(self.std).view(-1, 1, 1)
        return stored.float().sub_(mean * 255).div_(std * 255)

    def blank(self) -> Tensor:
        assert self.size is not None, "blank before fit"
        return torch.zeros(self.channels, *self.size, dtype=torch.uint8)

    def state(self) -> dict[str, Any]:
        return {"size": list(self.size) if self.size else None, "mean": self.mean, "std": self.std}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.size = (state["size"][0], state["size"][1]) if state["size"] else None
        self.mean, self.std = state["mean"], state["std"]

    def _check_size(self, found: tuple[int, int], name: str) -> None:
        if self._resizes or self.size in (None, (found[1], found[0])):
            return
        assert self.size is not None
        height, width = self.size
        raise DecodeError(
            f"{name}: {found[0]}×{found[1]} pixels (width×height), expected {width}×{height} as in the first training "
            f"image; images are resized only if the modality's `size` is set, to [{height}, {width}] for example"
        )

    def _from_array(self, array: np.ndarray) -> Tensor:
        is_image = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3, 4))
        if array.dtype != np.uint8 or not array.size or not is_image:
            raise DecodeError(
                f"an image array must be uint8 [H, W] or [H, W, C] with C of 1, 3 or 4, "
                f"found {array.dtype} {list(array.shape)}"
            )
        grey = array.ndim == 3 and array.shape[2] == 1
        return self._convert(PIL.Image.fromarray(array[:, :, 0] if grey else array), f"an array of {list(array.shape)}")

    def _convert(self, image: PIL.Image.Image, name: str) -> Tensor:
        if image.format in ("JPEG", "MPO") and self._resizes and self.size is not None:
            image.draft(None, (2 * max(self.size), 2 * max(self.size)))
        image.load()  # Pillow turns a TIFF by itself here, and sees EXIF that stands behind a PNG's pixels
        if image.format == "TIFF" or not image.info.keys().isdisjoint(_SAY_ROTATION):
            image = _upright(image)
        self._check_size(image.size, name)
        image = _eight_bits(image, name)
        mode = "L" if self.channels == 1 else "RGB"
        if image.mode != mode:
            image = _opaque(image).convert(mode)
        if self.size is not None and image.size != (self.size[1], self.size[0]):
            image = _resized(image, self.size, self.resize)
        # As raw bytes: Pillow's array interface costs a small image twice the time.
        pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
        return pixels.view(image.size[1], image.size[0], self.channels).permute(2, 0, 1).contiguous()


def _upright(image: PIL.Image.Image) -> PIL.Image.Image:
    """Turned as its EXIF says. Not by Pillow's own function, which writes the EXIF anew and fails where it cannot."""
    try:
        method = _TURNS.get(image.getexif().get(PIL.ExifTags.Base.Orientation, 1))
    except Exception:  # damaged bytes of EXIF raise anything, also struct.error and KeyError
        return image
    return image if method is None else image.transpose(method)


def _eight_bits(image: PIL.Image.Image, name: str) -> PIL.Image.Image:
    """Sixteen-bit grey as eight: Pillow's own conversion would clip every value above 255."""
    if image.mode == "F":
        raise DecodeError(f"{name}: floating-point pixels; save them as .npy and use kind: features")
    if not image.mode.startswith("I"):
        return image
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise DecodeError(f"{name}: pixels of {values.min()}…{values.max()}, expected 16 bits, 0…65535")
    return PIL.Image.fromarray(((values + 128) // 257).astype(np.uint8))


def _opaque(image: PIL.Image.Image) -> PIL.Image.Image:
    """Transparent parts laid on white; what lies hidden under them may be anything."""
    if "transparency" not in image.info and image.mode not in ("LA", "La", "PA", "RGBA", "RGBa"):
        return image
    image = image.convert("RGBA")
    white = PIL.Image.new("RGBA", image.size, (255, 255, 255, 255))
    return PIL.Image.alpha_composite(white, image)


def _resized(image: PIL.Image.Image, size: tuple[int, int], how: str) -> PIL.Image.Image:
    wanted = (size[1], size[0])
    bilinear = PIL.Image.Resampling.BILINEAR  # Pillow's is antialiased
    if how == "fit":
        return PIL.ImageOps.pad(image, wanted, bilinear, color=0)
    if how == "crop":
        return PIL.ImageOps.fit(image, wanted, bilinear)
    return image.resize(wanted, bilinear)
