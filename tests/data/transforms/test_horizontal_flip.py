import pytest
import torch

from mmfusion.data.transforms.horizontal_flip import HorizontalFlip
from tests.data.transforms.cases import check_random, generator, images, waves


def test_mirrors_some_rows_and_leaves_the_others():
    x = images()
    flipped = HorizontalFlip(0.5)(x, generator())
    mirrored = [bool(torch.equal(a, b.flip(-1))) for a, b in zip(flipped, x, strict=True)]
    same = [bool(torch.equal(a, b)) for a, b in zip(flipped, x, strict=True)]
    assert all(m != s for m, s in zip(mirrored, same, strict=True))
    assert 15 < sum(mirrored) < 49


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_never_and_always(p):
    x = images()
    assert torch.equal(HorizontalFlip(p)(x, generator()), x.flip(-1) if p else x)


def test_random_by_its_generator_alone():
    check_random(HorizontalFlip(), images())


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"expected images \[B, C, H, W\]"):
        HorizontalFlip()(waves(), generator())
    with pytest.raises(ValueError, match="p must lie in 0…1, found 2"):
        HorizontalFlip(2)
