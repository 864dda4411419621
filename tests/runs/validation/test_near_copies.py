from __future__ import annotations

import io

import numpy as np
import PIL.Image
import pytest
import torch

from mmfusion.data.batches.modality import ModalityRows
from mmfusion.data.kinds.image import Image
from mmfusion.data.table.table import Table
from mmfusion.runs.validation.near_copies import nearly_the_same_images
from mmfusion.runs.validation.read_media import Media, thumbnail

N = 20


def picture(seed: int) -> PIL.Image.Image:
    """A few soft blobs and some grain, in colour."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[0:64, 0:64] / 64
    blobs = [np.exp(-((x - a) ** 2 + (y - b) ** 2) / c) for a, b, c in generator.uniform(0.02, 1, (6, 3))]
    cells = np.stack([np.tensordot(generator.uniform(-1, 1, 6), blobs, 1) for _ in range(3)], axis=-1)
    cells = 128 + 90 * cells / np.abs(cells).max() + generator.normal(0, 6, cells.shape)
    return PIL.Image.fromarray(cells.clip(0, 255).astype(np.uint8))


def saved_again(image: PIL.Image.Image, quality: int, size: int) -> PIL.Image.Image:
    file = io.BytesIO()
    image.resize((size, size)).save(file, "JPEG", quality=quality)
    return PIL.Image.open(file)


def media_of(pictures: dict[str, PIL.Image.Image]) -> tuple[Media, Table]:
    splits = ["train" if name.startswith("a") else "test" for name in pictures]
    table = Table("rows.csv", {"image": list(pictures)}, splits, list(pictures), range(2, len(pictures) + 2))
    inputs = ModalityRows("image", Image(column="image", size=[64, 64]), table)
    media = Media(inputs, {}, {})
    for place, cell in enumerate(inputs.cells):
        held = torch.from_numpy(np.array(pictures[cell].convert("RGB").resize((64, 64)))).permute(2, 0, 1)
        media.prints[place] = held.numpy().tobytes()
        media.thumbnails[place] = thumbnail(held)
    return media, table


@pytest.mark.parametrize(("quality", "size"), [(90, 64), (50, 64), (80, 32), (80, 128)])
def test_an_image_that_was_saved_again_is_found(quality, size):
    train = {f"a{i}.png": picture(i) for i in range(N)}
    test = {f"b{i}.jpg": saved_again(picture(i), quality, size) for i in range(3)}
    other = {f"b{i}.jpg": picture(i) for i in range(100, 110)}
    assert nearly_the_same_images(*media_of({**train, **test, **other})) == (
        "image: 3 of 13 test images look like one of training, perhaps saved again or in another size: "
        "a0.png (train) ≈ b0.jpg (test), a1.png (train) ≈ b1.jpg (test), a2.png (train) ≈ b2.jpg (test)"
    )


def test_images_of_one_kind_and_exact_copies_are_none():
    train = {f"a{i}.png": picture(i) for i in range(N)}
    assert nearly_the_same_images(*media_of(train | {f"b{i}.png": picture(100 + i) for i in range(N)})) is None
    assert nearly_the_same_images(*media_of(train | {"b0.png": picture(0)})) is None, "said as the same content"
    assert nearly_the_same_images(*media_of(train)) is None
    assert thumbnail(torch.full((3, 8, 8), 7, dtype=torch.uint8)) is None
